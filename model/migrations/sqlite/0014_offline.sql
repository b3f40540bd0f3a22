-- +goose Up
ALTER TABLE `check_ins` ADD COLUMN `batch_id` integer;
CREATE INDEX `ix_checkin_batch` ON `check_ins`(`batch_id`);

ALTER TABLE `hours_claims` ADD COLUMN `makeup_no` integer NOT NULL DEFAULT 0;
ALTER TABLE `hours_claims` ADD COLUMN `proposed_by` integer;
ALTER TABLE `hours_claims` ADD COLUMN `second_by` integer;
DROP INDEX `uq_claim`;
CREATE UNIQUE INDEX `uq_claim` ON `hours_claims`(`signup_id`,`session_id`,`makeup_no`);

CREATE TABLE `offline_batches` (
  `id` integer,
  `session_id` integer NOT NULL,
  `operator_id` integer NOT NULL,
  `device_at` datetime NOT NULL,
  `received_at` datetime NOT NULL,
  `total` integer NOT NULL,
  `doubtful` integer NOT NULL,
  `failed` integer NOT NULL,
  `unknown` integer NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_offline_session` ON `offline_batches`(`session_id`);

CREATE TABLE `hours_statements` (
  `claim_id` integer,
  `user_id` integer NOT NULL,
  `minutes` integer NOT NULL,
  `text` text NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`claim_id`)
);
