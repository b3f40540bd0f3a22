-- +goose Up
CREATE TABLE `push_events` (
  `key_hash` blob,
  `kind` text NOT NULL,
  `payload` text NOT NULL,
  `attempts` integer NOT NULL,
  `next_at` datetime NOT NULL,
  `done_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`key_hash`)
);
CREATE INDEX `ix_push_due` ON `push_events`(`done_at`,`next_at`);
CREATE INDEX `ix_push_created` ON `push_events`(`created_at`);

ALTER TABLE `subscribe_ledger` ADD COLUMN `hinted_at` datetime;
ALTER TABLE `subscribe_ledger` ADD COLUMN `hint_open` datetime;
