-- +goose Up
ALTER TABLE `hours_claims`
  ADD COLUMN `due_at` datetime(3) NULL COMMENT 'LEAD_CONFIRMED: the host''s answer is due; PUBLICISED: it is posted then; without meaning in other states',
  ADD COLUMN `escalated_at` datetime(3) NULL COMMENT 'when the host''s silence went to the organisation above, NULL if it did not',
  ADD COLUMN `notice_path` varchar(255) NOT NULL DEFAULT '' COMMENT 'path of the branch before which it was publicised, empty if it never was',
  ADD INDEX `ix_claim_due` (`status`,`due_at`);

-- Every line until now was posted for a closed pair.
ALTER TABLE `hours_entries`
  ADD COLUMN `basis` varchar(8) NOT NULL DEFAULT 'CHECKIN' COMMENT 'of its claim: CHECKIN MANUAL MAKEUP REMOTE',
  ADD INDEX `ix_hours_activity` (`activity_id`),
  ADD INDEX `ix_hours_posted` (`posted_at`);

CREATE TABLE `hours_links` (
  `seq` bigint COMMENT '1, 2, … without a gap',
  `entry_id` bigint NOT NULL COMMENT 'line of the ledger',
  `mac` varbinary(32) NOT NULL COMMENT 'HMAC-SHA-256 of the MAC before it, seq and every column of the line',
  PRIMARY KEY (`seq`),
  UNIQUE INDEX `uq_hours_link` (`entry_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `hours_heads` (
  `id` bigint COMMENT 'always 1',
  `seq` bigint NOT NULL COMMENT 'of the last link, 0 without one',
  `mac` varbinary(32) NOT NULL COMMENT 'of the last link',
  `sign` varbinary(32) NOT NULL COMMENT 'HMAC-SHA-256 of seq and mac, so that nobody without the key can cut the tail off',
  `signed_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Not signed yet: whoever writes first chains the lines that are there.
INSERT INTO `hours_heads` (`id`,`seq`,`mac`,`sign`,`signed_at`) VALUES (1, 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'', '1970-01-01 00:00:00');

CREATE TABLE `hours_totals` (
  `term_id` bigint COMMENT 'term of the student''s university that holds the day, 0 outside every term',
  `branch_path` varchar(255) COMMENT 'as in the line',
  `programme_id` bigint COMMENT 'programme',
  `class` varchar(12) COMMENT 'VOLUNTEER PRACTICE',
  `basis` varchar(8) COMMENT 'CHECKIN MANUAL MAKEUP REMOTE',
  `student_id` bigint COMMENT 'who',
  `branch_id` bigint COMMENT 'as in the line',
  `minutes` bigint NOT NULL COMMENT 'sum of the lines, reversals included',
  PRIMARY KEY (`term_id`,`branch_path`,`programme_id`,`class`,`basis`,`student_id`,`branch_id`),
  INDEX `ix_hours_total_student` (`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
