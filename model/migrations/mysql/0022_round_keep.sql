-- +goose Up
ALTER TABLE `match_rounds`
  ADD COLUMN `twin` bigint NOT NULL DEFAULT 0 COMMENT '0; of a round that got the number of another before that was impossible, its id',
  ADD COLUMN `failures` bigint NOT NULL DEFAULT 0 COMMENT 'tries of the present phase that failed, one after the other',
  ADD COLUMN `retry_at` datetime(3) NULL COMMENT 'not tried before this, NULL at once',
  ADD COLUMN `forgotten_at` datetime(3) NULL COMMENT 'when its key was destroyed, NULL before',
  ADD COLUMN `emptied_at` datetime(3) NULL COMMENT 'when the last was deleted that the key had sealed, NULL before';

-- The number is in the files and so in the digest: whoever has it twice keeps it.
UPDATE `match_rounds` SET `twin` = `id`
WHERE `id` NOT IN (SELECT `first` FROM (SELECT MIN(`id`) AS `first` FROM `match_rounds` GROUP BY `programme_id`, `number`) AS `firsts`);
CREATE UNIQUE INDEX `uq_round_number` ON `match_rounds`(`programme_id`,`number`,`twin`);

CREATE TABLE `match_replays` (
  `id` bigint COMMENT 'id',
  `round_id` bigint NOT NULL COMMENT 'round',
  `live_round_id` bigint NULL COMMENT 'the round until it is over, else NULL: one at a time of a round',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `asked_by` bigint NOT NULL COMMENT 'user',
  `lease_owner` varchar(64) NOT NULL COMMENT 'replica at work, empty if none',
  `lease_until` datetime(3) NULL COMMENT 'free after this',
  `failure` varchar(500) NOT NULL COMMENT 'why the last try failed, empty if it did not',
  `failures` bigint NOT NULL COMMENT 'tries that failed',
  `retry_at` datetime(3) NULL COMMENT 'not tried before this, NULL at once',
  `input_digest` varbinary(32) NULL COMMENT 'as it came out, NULL before, and where the stored inputs are no round any more',
  `result_digest` varbinary(32) NULL COMMENT 'as it came out, NULL before, and where there was no result to compare with',
  `inputs_equal` boolean NULL COMMENT 'whether it was that of the round, NULL before',
  `result_equal` boolean NULL COMMENT 'whether it was that of the round, NULL before, and where there was no result',
  `started_at` datetime(3) NULL COMMENT 'when the last try began, NULL before',
  `finished_at` datetime(3) NULL COMMENT 'when it was over, NULL before',
  `version` bigint NOT NULL COMMENT 'counts moves',
  `created_at` datetime(3) NOT NULL COMMENT 'when it was asked for',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_match_replay_round` (`round_id`),
  UNIQUE INDEX `uq_match_replay_live` (`live_round_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
