-- +goose Up
ALTER TABLE `check_ins`
  ADD COLUMN `batch_id` bigint NULL COMMENT 'offline batch it came with, NULL if none',
  ADD INDEX `ix_checkin_batch` (`batch_id`);

ALTER TABLE `hours_claims`
  MODIFY COLUMN `signup_id` bigint NOT NULL COMMENT 'signup, 0 in a make-up of somebody without a seat',
  ADD COLUMN `makeup_no` bigint NOT NULL DEFAULT 0 COMMENT 'its own id in a make-up of somebody without a seat, else 0',
  ADD COLUMN `proposed_by` bigint NULL COMMENT 'user who proposed a MANUAL or MAKEUP claim, NULL for one that was computed',
  ADD COLUMN `second_by` bigint NULL COMMENT 'second user who confirmed a MANUAL or MAKEUP claim as host',
  DROP INDEX `uq_claim`,
  ADD UNIQUE INDEX `uq_claim` (`signup_id`,`session_id`,`makeup_no`);

CREATE TABLE `offline_batches` (
  `id` bigint COMMENT 'id',
  `session_id` bigint NOT NULL COMMENT 'session',
  `operator_id` bigint NOT NULL COMMENT 'user who recorded and sent it',
  `device_at` datetime(3) NOT NULL COMMENT 'what the device took for the time when it sent it',
  `received_at` datetime(3) NOT NULL COMMENT 'server time',
  `total` bigint NOT NULL COMMENT 'rows that were sent, without repeats',
  `doubtful` bigint NOT NULL COMMENT 'of them, rows for review',
  `failed` bigint NOT NULL COMMENT 'of them, rows that did not count',
  `unknown` bigint NOT NULL COMMENT 'of the failed ones, rows whose token is not ours; they name nobody, so no row is kept',
  PRIMARY KEY (`id`),
  INDEX `ix_offline_session` (`session_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `hours_statements` (
  `claim_id` bigint COMMENT 'claim',
  `user_id` bigint NOT NULL COMMENT 'who wrote it',
  `minutes` bigint NOT NULL COMMENT 'what was asked for',
  `text` varchar(2000) NOT NULL COMMENT 'as it was written',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`claim_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
