-- +goose Up
CREATE TABLE `demands` (
  `id` integer,
  `programme_id` integer NOT NULL,
  `host_org_id` integer NOT NULL,
  `host_path` text NOT NULL,
  `region_code` text NOT NULL,
  `title` text NOT NULL,
  `summary` text NOT NULL,
  `field` text NOT NULL,
  `category` text NOT NULL,
  `place` text NOT NULL,
  `lat_e6` integer,
  `lng_e6` integer,
  `positions` text NOT NULL,
  `seats` integer NOT NULL,
  `windows` text NOT NULL,
  `starts_at` datetime,
  `ends_at` datetime,
  `support` text NOT NULL,
  `risk_note` text NOT NULL,
  `contact_id` integer NOT NULL,
  `copy_of` integer,
  `status` text NOT NULL,
  `submitted_by` integer,
  `submitted_at` datetime,
  `verified_by` integer,
  `verified_at` datetime,
  `sent_at` datetime,
  `accepted_at` datetime,
  `accepted_by` integer,
  `accepted_org_id` integer,
  `fulfilled_at` datetime,
  `project_id` integer,
  `activity_id` integer,
  `reason` text NOT NULL,
  `created_by` integer NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_demand_board` ON `demands`(`programme_id`,`status`);
CREATE INDEX `ix_demand_host` ON `demands`(`host_org_id`);
CREATE INDEX `ix_demand_path` ON `demands`(`host_path`);
CREATE INDEX `ix_demand_due` ON `demands`(`status`,`starts_at`);
CREATE INDEX `ix_demand_accepted` ON `demands`(`accepted_org_id`);
CREATE UNIQUE INDEX `uq_demand_activity` ON `demands`(`activity_id`);

CREATE TABLE `demand_dispatches` (
  `id` integer,
  `demand_id` integer NOT NULL,
  `live_demand_id` integer,
  `org_id` integer NOT NULL,
  `org_path` text NOT NULL,
  `sent_by` integer NOT NULL,
  `due_at` datetime NOT NULL,
  `status` text NOT NULL,
  `reason` text NOT NULL,
  `decided_by` integer,
  `decided_at` datetime,
  `escalated_of` integer,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_dispatch_demand` ON `demand_dispatches`(`demand_id`);
CREATE UNIQUE INDEX `uq_dispatch_live` ON `demand_dispatches`(`live_demand_id`);
CREATE INDEX `ix_dispatch_org` ON `demand_dispatches`(`org_id`);
CREATE INDEX `ix_dispatch_path` ON `demand_dispatches`(`org_path`);
CREATE INDEX `ix_dispatch_due` ON `demand_dispatches`(`status`,`due_at`);
