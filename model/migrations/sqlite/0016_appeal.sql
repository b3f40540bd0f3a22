-- +goose Up
CREATE TABLE `appeals` (
  `id` integer,
  `subject_kind` text NOT NULL,
  `subject_id` integer NOT NULL,
  `live_subject_id` integer,
  `student_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  `programme_id` integer NOT NULL,
  `activity_id` integer NOT NULL,
  `text_enc` blob NOT NULL,
  `files` text NOT NULL,
  `first_by` integer NOT NULL,
  `first_at` datetime NOT NULL,
  `org_path` text NOT NULL,
  `status` text NOT NULL,
  `reviewer_id` integer,
  `escalations` integer NOT NULL,
  `due_at` datetime,
  `outcome` text NOT NULL,
  `effect` text NOT NULL,
  `decided_by` integer,
  `decided_at` datetime,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_appeal_live` ON `appeals`(`subject_kind`,`live_subject_id`);
CREATE INDEX `ix_appeal_student` ON `appeals`(`student_id`);
CREATE INDEX `ix_appeal_path` ON `appeals`(`org_path`);
CREATE INDEX `ix_appeal_due` ON `appeals`(`due_at`);

CREATE TABLE `incidents` (
  `id` integer,
  `session_id` integer NOT NULL,
  `activity_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  `student_id` integer NOT NULL,
  `kind` text NOT NULL,
  `text_enc` blob NOT NULL,
  `files` text NOT NULL,
  `org_path` text NOT NULL,
  `host_path` text NOT NULL,
  `campus_path` text NOT NULL,
  `branch_path` text NOT NULL,
  `status` text NOT NULL,
  `handled_by` integer,
  `handled_at` datetime,
  `handling` text NOT NULL,
  `closed_by` integer,
  `closed_at` datetime,
  `closing` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_incident_session` ON `incidents`(`session_id`);
CREATE INDEX `ix_incident_user` ON `incidents`(`user_id`);
CREATE INDEX `ix_incident_org` ON `incidents`(`org_path`);
CREATE INDEX `ix_incident_host` ON `incidents`(`host_path`);
CREATE INDEX `ix_incident_campus` ON `incidents`(`campus_path`);
CREATE INDEX `ix_incident_branch` ON `incidents`(`branch_path`);
