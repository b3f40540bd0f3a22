-- +goose Up
ALTER TABLE `activities` ADD COLUMN `audience` text;
ALTER TABLE `activities` ADD COLUMN `waitlist` numeric NOT NULL DEFAULT 0;
ALTER TABLE `activities` ADD COLUMN `paired_until` datetime;
ALTER TABLE `activities` ADD COLUMN `paired_first` numeric NOT NULL DEFAULT 0;
CREATE INDEX `ix_activity_closes` ON `activities`(`signup_closes_at`);

ALTER TABLE `positions` ADD COLUMN `reserved` integer NOT NULL DEFAULT 0;
ALTER TABLE `positions` ADD COLUMN `paired_taken` integer NOT NULL DEFAULT 0;
ALTER TABLE `positions` ADD COLUMN `held` integer NOT NULL DEFAULT 0;
ALTER TABLE `positions` ADD COLUMN `waiting` integer NOT NULL DEFAULT 0;
ALTER TABLE `positions` ADD COLUMN `queue_no` integer NOT NULL DEFAULT 0;
CREATE INDEX `ix_position_waiting` ON `positions`(`waiting`);

ALTER TABLE `signups` ADD COLUMN `queue_no` integer;
ALTER TABLE `signups` ADD COLUMN `offered_until` datetime;
ALTER TABLE `signups` ADD COLUMN `group_id` integer;
ALTER TABLE `signups` ADD COLUMN `paired` numeric NOT NULL DEFAULT 0;
ALTER TABLE `signups` ADD COLUMN `leave_reason` text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX `uq_signup_queue` ON `signups`(`position_id`,`queue_no`);
CREATE INDEX `ix_signup_offer` ON `signups`(`offered_until`);
CREATE INDEX `ix_signup_group` ON `signups`(`group_id`);

CREATE TABLE `signup_groups` (
  `id` integer,
  `activity_id` integer NOT NULL,
  `position_id` integer NOT NULL,
  `org_id` integer NOT NULL,
  `project_id` integer NOT NULL,
  `all_or_none` numeric NOT NULL,
  `members` integer NOT NULL,
  `created_by` integer NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_signup_group_activity` ON `signup_groups`(`activity_id`);

CREATE TABLE `lotteries` (
  `activity_id` integer,
  `nonce` blob NOT NULL,
  `commitment` blob NOT NULL,
  `seed` blob,
  `drawn_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`activity_id`)
);
CREATE INDEX `ix_lottery_drawn` ON `lotteries`(`drawn_at`);

CREATE TABLE `lottery_draws` (
  `position_id` integer,
  `activity_id` integer NOT NULL,
  `capacity` integer NOT NULL,
  `entries` integer NOT NULL,
  `digest` blob NOT NULL,
  PRIMARY KEY (`position_id`)
);
CREATE INDEX `ix_lottery_draw_activity` ON `lottery_draws`(`activity_id`);

CREATE TABLE `lottery_entries` (
  `position_id` integer,
  `place` integer,
  `signup_id` integer NOT NULL,
  `weight` integer NOT NULL,
  `won` numeric NOT NULL,
  PRIMARY KEY (`position_id`,`place`)
);
