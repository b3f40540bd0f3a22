-- +goose Up
CREATE TABLE `match_rounds` (
  `id` integer,
  `kind` text NOT NULL,
  `programme_id` integer NOT NULL,
  `scope_org_id` integer NOT NULL,
  `scope_path` text NOT NULL,
  `name` text NOT NULL,
  `number` integer NOT NULL,
  `season` text NOT NULL,
  `rule` text NOT NULL,
  `k` integer NOT NULL,
  `radius_m` integer NOT NULL,
  `wishes_from` datetime NOT NULL,
  `wishes_until` datetime NOT NULL,
  `answer_hours` integer NOT NULL,
  `draw_source` text NOT NULL,
  `secret_commit` blob NOT NULL,
  `secret` blob NOT NULL,
  `revealed` blob,
  `draw_value` text NOT NULL,
  `drawn_by` integer,
  `seed` blob,
  `input_digest` blob,
  `result_digest` blob,
  `status` text NOT NULL,
  `done` integer NOT NULL,
  `total` integer NOT NULL,
  `lease_owner` text NOT NULL,
  `lease_until` datetime,
  `failure` text NOT NULL,
  `students` integer NOT NULL,
  `positions` integer NOT NULL,
  `seats` integer NOT NULL,
  `placed` integer NOT NULL,
  `blocking` integer NOT NULL,
  `opened_at` datetime,
  `frozen_at` datetime,
  `drawn_at` datetime,
  `ran_at` datetime,
  `published_at` datetime,
  `answers_until` datetime,
  `closed_at` datetime,
  `reason` text NOT NULL,
  `created_by` integer NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_round_programme` ON `match_rounds`(`programme_id`,`status`);
CREATE INDEX `ix_round_scope` ON `match_rounds`(`scope_path`);
CREATE INDEX `ix_round_status` ON `match_rounds`(`status`,`updated_at`);

CREATE TABLE `round_inputs` (
  `round_id` integer,
  `side` integer,
  `seq` integer,
  `ref_id` integer NOT NULL,
  `line` blob NOT NULL,
  `wishes` blob,
  `more` blob,
  `filled` integer NOT NULL,
  `closed` numeric NOT NULL,
  `cutoff` integer NOT NULL,
  `listed` integer NOT NULL,
  `better` integer NOT NULL,
  `below` integer NOT NULL,
  `kept` integer NOT NULL,
  PRIMARY KEY (`round_id`,`side`,`seq`)
);
CREATE UNIQUE INDEX `uq_round_input` ON `round_inputs`(`round_id`,`side`,`ref_id`);

CREATE TABLE `round_ranks` (
  `round_id` integer,
  `chunk` integer,
  `ranks` blob NOT NULL,
  PRIMARY KEY (`round_id`,`chunk`)
);

CREATE TABLE `match_wishes` (
  `round_id` integer,
  `student_id` integer,
  `positions` text NOT NULL,
  `listed` integer NOT NULL,
  `open` numeric NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`round_id`,`student_id`)
);
CREATE INDEX `ix_match_wish_student` ON `match_wishes`(`student_id`);

CREATE TABLE `match_groups` (
  `round_id` integer,
  `student_id` integer,
  `group_id` integer NOT NULL,
  `leads` numeric NOT NULL,
  `code_hash` blob,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`round_id`,`student_id`)
);
CREATE INDEX `ix_match_group` ON `match_groups`(`round_id`,`group_id`);
CREATE UNIQUE INDEX `uq_match_group_code` ON `match_groups`(`round_id`,`code_hash`);

CREATE TABLE `match_proposals` (
  `id` integer,
  `round_id` integer NOT NULL,
  `student_id` integer NOT NULL,
  `position_id` integer NOT NULL,
  `activity_id` integer NOT NULL,
  `host_org_id` integer NOT NULL,
  `wish_no` integer NOT NULL,
  `band` integer NOT NULL,
  `lottery` integer NOT NULL,
  `score` integer NOT NULL,
  `parts` text NOT NULL,
  `status` text NOT NULL,
  `student_ok_at` datetime,
  `host_ok_at` datetime,
  `host_ok_by` integer,
  `rejected_by` text NOT NULL,
  `reason_code` text NOT NULL,
  `reason` text NOT NULL,
  `answers_until` datetime,
  `signup_id` integer,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_match_proposal_status` ON `match_proposals`(`round_id`,`status`);
CREATE UNIQUE INDEX `uq_match_proposal` ON `match_proposals`(`round_id`,`student_id`);
CREATE INDEX `ix_match_proposal_student` ON `match_proposals`(`student_id`);
CREATE INDEX `ix_match_proposal_position` ON `match_proposals`(`position_id`);
CREATE INDEX `ix_match_proposal_host` ON `match_proposals`(`host_org_id`);
CREATE INDEX `ix_match_proposal_due` ON `match_proposals`(`status`,`answers_until`);
