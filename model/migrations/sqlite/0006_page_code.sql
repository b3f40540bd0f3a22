-- +goose Up
CREATE TABLE `page_codes` (
  `key_hash` blob,
  `app_id` text NOT NULL,
  `scene` text NOT NULL,
  `page` text NOT NULL,
  `env` text NOT NULL,
  `width` integer NOT NULL,
  `media` text NOT NULL,
  `picture` blob NOT NULL,
  `retry_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`key_hash`)
);
CREATE INDEX `ix_page_code_created` ON `page_codes`(`created_at`);
