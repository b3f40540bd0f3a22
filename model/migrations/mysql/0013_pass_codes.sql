-- +goose Up
CREATE TABLE `pass_openings` (
  `id` bigint COMMENT 'id',
  `session_id` bigint NOT NULL COMMENT 'session',
  `kind` varchar(4) NOT NULL COMMENT 'IN OUT',
  `opened_by` bigint NOT NULL COMMENT 'staff user',
  `opened_at` datetime(3) NOT NULL COMMENT 'when',
  `closes_at` datetime(3) NOT NULL COMMENT 'it is accepted before this',
  `wrong` bigint NOT NULL COMMENT 'wrong codes that were sent meanwhile',
  PRIMARY KEY (`id`),
  INDEX `ix_pass_session` (`session_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `check_ins`
  MODIFY COLUMN `student_id` bigint NOT NULL COMMENT 'who, 0 if a scanned code named nobody',
  DROP INDEX `ix_checkin_student`,
  ADD INDEX `ix_checkin_student` (`student_id`,`received_at`);

ALTER TABLE `hours_claims`
  DROP INDEX `ix_claim_student`,
  ADD INDEX `ix_claim_student` (`student_id`,`ends_at`);
