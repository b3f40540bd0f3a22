-- +goose Up
CREATE TABLE `pass_openings` (
  `id` integer,
  `session_id` integer NOT NULL,
  `kind` text NOT NULL,
  `opened_by` integer NOT NULL,
  `opened_at` datetime NOT NULL,
  `closes_at` datetime NOT NULL,
  `wrong` integer NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_pass_session` ON `pass_openings`(`session_id`);

DROP INDEX `ix_checkin_student`;
CREATE INDEX `ix_checkin_student` ON `check_ins`(`student_id`,`received_at`);

DROP INDEX `ix_claim_student`;
CREATE INDEX `ix_claim_student` ON `hours_claims`(`student_id`,`ends_at`);
