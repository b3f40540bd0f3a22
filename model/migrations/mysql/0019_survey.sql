-- +goose Up
CREATE TABLE `student_willingness` (
  `student_id` bigint COMMENT 'who',
  `programme_id` bigint COMMENT 'programme',
  `willing` boolean NOT NULL COMMENT 'wants to take part in match rounds',
  `slots` bigint NOT NULL COMMENT 'free blocks of the week, bit = day*6+block, Monday 0, blocks of two hours from eight',
  `skills` bigint NOT NULL COMMENT 'bits by the place in the policy''s list of skills',
  `interest1` varchar(40) NOT NULL COMMENT 'category wanted most, empty if none',
  `interest2` varchar(40) NOT NULL COMMENT 'category wanted second, empty if none',
  `interest3` varchar(40) NOT NULL COMMENT 'category wanted third, empty if none',
  `max_dist_m` bigint NOT NULL COMMENT 'how far to go, in metres',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`student_id`,`programme_id`),
  INDEX `ix_willingness_programme` (`programme_id`,`willing`,`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `student_homes` (
  `student_id` bigint COMMENT 'who',
  `home_enc` varbinary(128) NOT NULL COMMENT 'WGS-84 in millionths of a degree, encrypted',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `position_needs` (
  `position_id` bigint COMMENT 'position',
  `slots` bigint NOT NULL COMMENT 'blocks of the week with work, as student_willingness.slots, 0 for those of its sessions',
  `need` bigint NULL COMMENT 'blocks that a student must have free, NULL for the most that one session touches',
  `req` bigint NOT NULL COMMENT 'skills that one must have, bits by the place in the policy''s list',
  `want` bigint NOT NULL COMMENT 'skills that help, bits by the place in the policy''s list',
  `urgency` bigint NOT NULL COMMENT '0 to 7',
  `min_team` bigint NOT NULL COMMENT 'smallest team, 0 if none',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `updated_by` bigint NOT NULL COMMENT 'user',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`position_id`),
  INDEX `ix_needs_updated` (`updated_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `org_surveys` (
  `org_id` bigint COMMENT 'who answers',
  `programme_id` bigint COMMENT 'programme',
  `slots` bigint NOT NULL COMMENT 'blocks of the week in which it is open, as student_willingness.slots',
  `skills` bigint NOT NULL COMMENT 'skills wanted by a host or offered by a campus unit, bits by the place in the policy''s list',
  `partners` bigint NOT NULL COMMENT 'partners that it can work with',
  `students` bigint NOT NULL COMMENT 'students that a host can take or a unit can send',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `updated_by` bigint NOT NULL COMMENT 'user',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`org_id`,`programme_id`),
  INDEX `ix_survey_programme` (`programme_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `org_survey_items` (
  `org_id` bigint COMMENT 'who answers',
  `programme_id` bigint COMMENT 'programme',
  `seq` bigint COMMENT 'place in the answer, from 0',
  `kind` varchar(8) NOT NULL COMMENT 'NEED VENUE SUPPORT',
  `code` varchar(40) NOT NULL COMMENT 'category, venue type or kind of support',
  `text` varchar(500) NOT NULL COMMENT 'what is needed, or the name of the venue',
  `amount` bigint NOT NULL COMMENT 'people needed, or people that the venue holds, 0 if not said',
  PRIMARY KEY (`org_id`,`programme_id`,`seq`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `match_blocks` (
  `student_id` bigint COMMENT 'student',
  `org_id` bigint COMMENT 'host',
  `side` varchar(8) COMMENT 'STUDENT HOST: who set it',
  `reason_enc` varbinary(1024) NOT NULL COMMENT 'the host''s reason, encrypted with the student''s key, empty if none',
  `created_by` bigint NOT NULL COMMENT 'user',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`student_id`,`org_id`,`side`),
  INDEX `ix_block_org` (`org_id`,`side`,`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
