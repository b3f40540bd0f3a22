-- +goose Up
ALTER TABLE `check_ins`
  ADD COLUMN `distance` varchar(8) NOT NULL DEFAULT '' COMMENT 'DROPPED UNKNOWN INSIDE NEAR FAR, empty when no position was sent',
  ADD COLUMN `doubts` varchar(200) NOT NULL DEFAULT '' COMMENT 'codes of all doubts, with commas';

CREATE TABLE `check_in_evidence` (
  `check_in_id` bigint COMMENT 'check_ins row',
  `student_id` bigint NOT NULL COMMENT 'who',
  `signup_id` bigint NOT NULL COMMENT 'signup',
  `session_id` bigint NOT NULL COMMENT 'session',
  `at` datetime(3) NOT NULL COMMENT 'when it arrived',
  `fix_enc` varbinary(512) COMMENT 'JSON of the position as the phone gave it, encrypted with the person''s key; NULL for none',
  `fix_hash` varbinary(32) COMMENT 'keyed digest of a position of full precision, NULL for none',
  `device_hash` varbinary(32) COMMENT 'keyed digest of the device id, NULL for none',
  PRIMARY KEY (`check_in_id`),
  INDEX `ix_evidence_student` (`student_id`,`at`),
  INDEX `ix_evidence_at` (`at`),
  INDEX `ix_evidence_device` (`device_hash`,`at`),
  INDEX `ix_evidence_fix` (`fix_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `check_in_reviews` (
  `id` bigint COMMENT 'check_ins row',
  `student_id` bigint NOT NULL COMMENT 'who',
  `signup_id` bigint NOT NULL COMMENT 'signup',
  `session_id` bigint NOT NULL COMMENT 'session',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `branch_id` bigint NOT NULL COMMENT 'branch of the student on that day, 0 if none',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `decided_by` bigint COMMENT 'user, NULL while nobody has decided',
  `reason` varchar(200) NOT NULL COMMENT 'what the reviewer wrote',
  `version` bigint NOT NULL COMMENT 'counts moves',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_review_student` (`student_id`),
  INDEX `ix_review_pair` (`signup_id`,`session_id`),
  INDEX `ix_review_activity` (`activity_id`),
  INDEX `ix_review_status` (`status`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
