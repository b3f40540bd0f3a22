-- +goose Up
CREATE TABLE `notice_fanouts` (
  `id` integer,
  `kind` text NOT NULL,
  `object` text NOT NULL,
  `object_id` integer NOT NULL,
  `due_at` datetime NOT NULL,
  `not_before` datetime NOT NULL,
  `after_id` integer NOT NULL,
  `done_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_fanout_open` ON `notice_fanouts`(`done_at`,`not_before`);
CREATE UNIQUE INDEX `uq_fanout` ON `notice_fanouts`(`kind`,`object_id`,`due_at`);
CREATE INDEX `ix_session_starts` ON `activity_sessions`(`starts_at`);
