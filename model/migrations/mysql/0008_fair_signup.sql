-- +goose Up
ALTER TABLE `activities`
  ADD COLUMN `audience` text NULL COMMENT 'JSON of who may sign up, NULL for every student',
  ADD COLUMN `waitlist` boolean NOT NULL DEFAULT FALSE COMMENT 'who comes when it is full waits',
  ADD COLUMN `paired_until` datetime(3) NULL COMMENT 'until then reserved seats are for paired branches, NULL for never',
  ADD COLUMN `paired_first` boolean NOT NULL DEFAULT FALSE COMMENT 'until then only paired branches sign up at all',
  ADD INDEX `ix_activity_closes` (`signup_closes_at`);

ALTER TABLE `positions`
  ADD COLUMN `reserved` bigint NOT NULL DEFAULT 0 COMMENT 'of the seats, kept for paired branches until paired_until',
  ADD COLUMN `paired_taken` bigint NOT NULL DEFAULT 0 COMMENT 'of the taken seats, given to paired branches',
  ADD COLUMN `held` bigint NOT NULL DEFAULT 0 COMMENT 'of the taken seats, offered and not answered yet',
  ADD COLUMN `waiting` bigint NOT NULL DEFAULT 0 COMMENT 'students on the waiting list',
  ADD COLUMN `queue_no` bigint NOT NULL DEFAULT 0 COMMENT 'last number given in the waiting list',
  ADD INDEX `ix_position_waiting` (`waiting`);

ALTER TABLE `signups`
  ADD COLUMN `queue_no` bigint NULL COMMENT 'place in the position''s waiting list while WAITLISTED, else NULL',
  ADD COLUMN `offered_until` datetime(3) NULL COMMENT 'an offer lapses then; NULL unless OFFERED',
  ADD COLUMN `group_id` bigint NULL COMMENT 'group sign-up it came with, NULL if none',
  ADD COLUMN `paired` boolean NOT NULL DEFAULT FALSE COMMENT 'its branch is paired with the host: may take reserved seats',
  ADD COLUMN `leave_reason` varchar(200) NOT NULL DEFAULT '' COMMENT 'leave asked for, empty if none',
  ADD UNIQUE INDEX `uq_signup_queue` (`position_id`,`queue_no`),
  ADD INDEX `ix_signup_offer` (`offered_until`),
  ADD INDEX `ix_signup_group` (`group_id`);

CREATE TABLE `signup_groups` (
  `id` bigint COMMENT 'id',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `position_id` bigint NOT NULL COMMENT 'position',
  `org_id` bigint NOT NULL COMMENT 'branch or club, 0 for a project team',
  `project_id` bigint NOT NULL COMMENT 'project whose team it is, 0 for a branch',
  `all_or_none` boolean NOT NULL COMMENT 'seats are given to all of them at once or to none',
  `members` bigint NOT NULL COMMENT 'students signed up',
  `created_by` bigint NOT NULL COMMENT 'user',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_signup_group_activity` (`activity_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `lotteries` (
  `activity_id` bigint COMMENT 'activity',
  `nonce` varbinary(32) NOT NULL COMMENT 'random; the seed follows from it and a key of the program',
  `commitment` varbinary(32) NOT NULL COMMENT 'of the seed, public from the publication on',
  `seed` varbinary(32) NULL COMMENT 'made public by the draw, NULL before',
  `drawn_at` datetime(3) NULL COMMENT 'when, NULL before',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`activity_id`),
  INDEX `ix_lottery_drawn` (`drawn_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `lottery_draws` (
  `position_id` bigint COMMENT 'position',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `capacity` bigint NOT NULL COMMENT 'seats that were free',
  `entries` bigint NOT NULL COMMENT 'how many took part',
  `digest` varbinary(32) NOT NULL COMMENT 'of the entries and the stake',
  PRIMARY KEY (`position_id`),
  INDEX `ix_lottery_draw_activity` (`activity_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `lottery_entries` (
  `position_id` bigint COMMENT 'position',
  `place` bigint COMMENT 'place in the drawn order, from 1',
  `signup_id` bigint NOT NULL COMMENT 'the entry',
  `weight` bigint NOT NULL COMMENT 'chance, relative to the others',
  `won` boolean NOT NULL COMMENT 'got a seat',
  PRIMARY KEY (`position_id`,`place`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
