-- +goose Up
CREATE TABLE `student_proofs` (
  `id` integer,
  `student_id` integer NOT NULL,
  `kind` text NOT NULL,
  `from_on` text NOT NULL,
  `to_on` text,
  `note` text NOT NULL,
  `recorded_by` integer NOT NULL,
  `revoked_at` datetime,
  `revoked_by` integer,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_proof_student` ON `student_proofs`(`student_id`);

CREATE TABLE `consents` (
  `id` integer,
  `user_id` integer NOT NULL,
  `purpose` text NOT NULL,
  `text_version` text NOT NULL,
  `granted_at` datetime NOT NULL,
  `withdrawn_at` datetime,
  `live` numeric,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_consent_live` ON `consents`(`user_id`,`purpose`,`live`);

CREATE TABLE `reliability_entries` (
  `id` integer,
  `student_id` integer NOT NULL,
  `kind` text NOT NULL,
  `points` integer NOT NULL,
  `signup_id` integer NOT NULL,
  `programme_id` integer NOT NULL,
  `reverses` integer NOT NULL,
  `reason` text NOT NULL,
  `expires_at` datetime NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_reliability_student` ON `reliability_entries`(`student_id`,`created_at`);
CREATE UNIQUE INDEX `uq_reliability` ON `reliability_entries`(`signup_id`,`kind`,`reverses`);

CREATE TABLE `signup_suspensions` (
  `id` integer,
  `student_id` integer NOT NULL,
  `from_at` datetime NOT NULL,
  `to_at` datetime NOT NULL,
  `entry_id` integer NOT NULL,
  `needs` integer NOT NULL,
  `counts_from` datetime NOT NULL,
  `reason` text NOT NULL,
  `lifted_at` datetime,
  `lifted_by` integer,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_suspension_student` ON `signup_suspensions`(`student_id`,`to_at`);
