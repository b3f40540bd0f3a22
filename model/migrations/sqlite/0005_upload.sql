-- +goose Up
CREATE TABLE `content_checks` (
  `id` integer,
  `kind` text NOT NULL,
  `purpose` text NOT NULL,
  `user_id` integer NOT NULL,
  `digest` blob,
  `upload_id` integer,
  `org_path` text NOT NULL,
  `texts_enc` blob,
  `status` text NOT NULL,
  `why` text NOT NULL,
  `label` integer NOT NULL,
  `fields` text NOT NULL,
  `trace_id` text,
  `next_at` datetime NOT NULL,
  `decided_by` integer,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_check_text` ON `content_checks`(`digest`,`user_id`);
CREATE UNIQUE INDEX `uq_check_upload` ON `content_checks`(`upload_id`);
CREATE INDEX `ix_check_due` ON `content_checks`(`status`,`next_at`);
CREATE INDEX `ix_check_trace` ON `content_checks`(`trace_id`);
CREATE INDEX `ix_check_created` ON `content_checks`(`created_at`);

CREATE TABLE `uploads` (
  `id` integer,
  `user_id` integer NOT NULL,
  `original` text NOT NULL,
  `display` text NOT NULL,
  `media` text NOT NULL,
  `bytes` integer NOT NULL,
  `sha256` blob NOT NULL,
  `width` integer NOT NULL,
  `height` integer NOT NULL,
  `shown_bytes` integer NOT NULL,
  `object` text NOT NULL,
  `object_id` integer NOT NULL,
  `expires_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_upload_user` ON `uploads`(`user_id`,`created_at`);
CREATE UNIQUE INDEX `uq_upload_original` ON `uploads`(`original`);
CREATE UNIQUE INDEX `uq_upload_display` ON `uploads`(`display`);
CREATE INDEX `ix_upload_object` ON `uploads`(`object`,`object_id`);
CREATE INDEX `ix_upload_expires` ON `uploads`(`expires_at`);

ALTER TABLE `activities` ADD COLUMN `cover_id` integer;
