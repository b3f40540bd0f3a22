-- +goose Up
CREATE TABLE `student_willingness` (
  `student_id` integer,
  `programme_id` integer,
  `willing` numeric NOT NULL,
  `slots` integer NOT NULL,
  `skills` integer NOT NULL,
  `interest1` text NOT NULL,
  `interest2` text NOT NULL,
  `interest3` text NOT NULL,
  `max_dist_m` integer NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`student_id`,`programme_id`)
);
CREATE INDEX `ix_willingness_programme` ON `student_willingness`(`programme_id`,`willing`,`student_id`);

CREATE TABLE `student_homes` (
  `student_id` integer,
  `home_enc` blob NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`student_id`)
);

CREATE TABLE `position_needs` (
  `position_id` integer,
  `slots` integer NOT NULL,
  `need` integer,
  `req` integer NOT NULL,
  `want` integer NOT NULL,
  `urgency` integer NOT NULL,
  `min_team` integer NOT NULL,
  `version` integer NOT NULL,
  `updated_by` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`position_id`)
);
CREATE INDEX `ix_needs_updated` ON `position_needs`(`updated_at`);

CREATE TABLE `org_surveys` (
  `org_id` integer,
  `programme_id` integer,
  `slots` integer NOT NULL,
  `skills` integer NOT NULL,
  `partners` integer NOT NULL,
  `students` integer NOT NULL,
  `version` integer NOT NULL,
  `updated_by` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`org_id`,`programme_id`)
);
CREATE INDEX `ix_survey_programme` ON `org_surveys`(`programme_id`);

CREATE TABLE `org_survey_items` (
  `org_id` integer,
  `programme_id` integer,
  `seq` integer,
  `kind` text NOT NULL,
  `code` text NOT NULL,
  `text` text NOT NULL,
  `amount` integer NOT NULL,
  PRIMARY KEY (`org_id`,`programme_id`,`seq`)
);

CREATE TABLE `match_blocks` (
  `student_id` integer,
  `org_id` integer,
  `side` text,
  `reason_enc` blob NOT NULL,
  `created_by` integer NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`student_id`,`org_id`,`side`)
);
CREATE INDEX `ix_block_org` ON `match_blocks`(`org_id`,`side`,`student_id`);
