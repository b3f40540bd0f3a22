-- +goose Up
CREATE TABLE `push_events` (
  `key_hash` varbinary(32) COMMENT 'SHA-256 of the event''s key: one fact is kept once',
  `kind` varchar(16) NOT NULL COMMENT 'ANSWER MUTE SENT MEDIA',
  `payload` text NOT NULL COMMENT 'JSON of the fact; a person is there as the blind index of the openid',
  `attempts` bigint NOT NULL COMMENT 'how often it was worked on in vain',
  `next_at` datetime(3) NOT NULL COMMENT 'not worked on before this time',
  `done_at` datetime(3) NULL COMMENT 'when it was worked on or given up, NULL before',
  `created_at` datetime(3) NOT NULL COMMENT 'when it came in',
  PRIMARY KEY (`key_hash`),
  INDEX `ix_push_due` (`done_at`,`next_at`),
  INDEX `ix_push_created` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `subscribe_ledger` ADD COLUMN `hinted_at` datetime(3) NULL COMMENT 'when the mini-program last told of an acceptance that no event has confirmed';
ALTER TABLE `subscribe_ledger` ADD COLUMN `hint_open` datetime(3) NULL COMMENT 'while one of granted is such a hint: since when';
