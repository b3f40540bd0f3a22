-- +goose Up
ALTER TABLE `check_ins` ADD COLUMN `distance` text NOT NULL DEFAULT '';
ALTER TABLE `check_ins` ADD COLUMN `doubts` text NOT NULL DEFAULT '';

CREATE TABLE `check_in_evidence` (
  `check_in_id` integer,
  `student_id` integer NOT NULL,
  `signup_id` integer NOT NULL,
  `session_id` integer NOT NULL,
  `at` datetime NOT NULL,
  `fix_enc` blob,
  `fix_hash` blob,
  `device_hash` blob,
  PRIMARY KEY (`check_in_id`)
);
CREATE INDEX `ix_evidence_student` ON `check_in_evidence`(`student_id`,`at`);
CREATE INDEX `ix_evidence_at` ON `check_in_evidence`(`at`);
CREATE INDEX `ix_evidence_device` ON `check_in_evidence`(`device_hash`,`at`);
CREATE INDEX `ix_evidence_fix` ON `check_in_evidence`(`fix_hash`);

CREATE TABLE `check_in_reviews` (
  `id` integer,
  `student_id` integer NOT NULL,
  `signup_id` integer NOT NULL,
  `session_id` integer NOT NULL,
  `activity_id` integer NOT NULL,
  `branch_id` integer NOT NULL,
  `status` text NOT NULL,
  `decided_by` integer,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_review_student` ON `check_in_reviews`(`student_id`);
CREATE INDEX `ix_review_pair` ON `check_in_reviews`(`signup_id`,`session_id`);
CREATE INDEX `ix_review_activity` ON `check_in_reviews`(`activity_id`);
CREATE INDEX `ix_review_status` ON `check_in_reviews`(`status`);
