-- +goose Up
ALTER TABLE `match_rounds` ADD COLUMN `twin` integer NOT NULL DEFAULT 0;
ALTER TABLE `match_rounds` ADD COLUMN `failures` integer NOT NULL DEFAULT 0;
ALTER TABLE `match_rounds` ADD COLUMN `retry_at` datetime;
ALTER TABLE `match_rounds` ADD COLUMN `forgotten_at` datetime;
ALTER TABLE `match_rounds` ADD COLUMN `emptied_at` datetime;

-- The number is in the files and so in the digest: whoever has it twice keeps it.
UPDATE `match_rounds` SET `twin` = `id`
WHERE `id` NOT IN (SELECT `first` FROM (SELECT MIN(`id`) AS `first` FROM `match_rounds` GROUP BY `programme_id`, `number`) AS `firsts`);
CREATE UNIQUE INDEX `uq_round_number` ON `match_rounds`(`programme_id`,`number`,`twin`);

CREATE TABLE `match_replays` (
  `id` integer,
  `round_id` integer NOT NULL,
  `live_round_id` integer,
  `status` text NOT NULL,
  `asked_by` integer NOT NULL,
  `lease_owner` text NOT NULL,
  `lease_until` datetime,
  `failure` text NOT NULL,
  `failures` integer NOT NULL,
  `retry_at` datetime,
  `input_digest` blob,
  `result_digest` blob,
  `inputs_equal` numeric,
  `result_equal` numeric,
  `started_at` datetime,
  `finished_at` datetime,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_match_replay_round` ON `match_replays`(`round_id`);
CREATE UNIQUE INDEX `uq_match_replay_live` ON `match_replays`(`live_round_id`);
