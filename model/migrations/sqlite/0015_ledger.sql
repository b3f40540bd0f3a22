-- +goose Up
ALTER TABLE `hours_claims` ADD COLUMN `due_at` datetime;
ALTER TABLE `hours_claims` ADD COLUMN `escalated_at` datetime;
ALTER TABLE `hours_claims` ADD COLUMN `notice_path` text NOT NULL DEFAULT '';
CREATE INDEX `ix_claim_due` ON `hours_claims`(`status`,`due_at`);

-- Every line until now was posted for a closed pair.
ALTER TABLE `hours_entries` ADD COLUMN `basis` text NOT NULL DEFAULT 'CHECKIN';
CREATE INDEX `ix_hours_activity` ON `hours_entries`(`activity_id`);
CREATE INDEX `ix_hours_posted` ON `hours_entries`(`posted_at`);

CREATE TABLE `hours_links` (
  `seq` integer,
  `entry_id` integer NOT NULL,
  `mac` blob NOT NULL,
  PRIMARY KEY (`seq`)
);
CREATE UNIQUE INDEX `uq_hours_link` ON `hours_links`(`entry_id`);

CREATE TABLE `hours_heads` (
  `id` integer,
  `seq` integer NOT NULL,
  `mac` blob NOT NULL,
  `sign` blob NOT NULL,
  `signed_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);

-- Not signed yet: whoever writes first chains the lines that are there.
INSERT INTO `hours_heads` (`id`,`seq`,`mac`,`sign`,`signed_at`) VALUES (1, 0, x'0000000000000000000000000000000000000000000000000000000000000000', x'', '1970-01-01 00:00:00+00:00');

CREATE TABLE `hours_totals` (
  `term_id` integer,
  `branch_path` text,
  `programme_id` integer,
  `class` text,
  `basis` text,
  `student_id` integer,
  `branch_id` integer,
  `minutes` integer NOT NULL,
  PRIMARY KEY (`term_id`,`branch_path`,`programme_id`,`class`,`basis`,`student_id`,`branch_id`)
);
CREATE INDEX `ix_hours_total_student` ON `hours_totals`(`student_id`);

-- +goose StatementBegin
CREATE TRIGGER `hours_links_no_update` BEFORE UPDATE ON `hours_links`
BEGIN
  SELECT RAISE(ABORT, 'hours_links is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `hours_links_no_delete` BEFORE DELETE ON `hours_links`
BEGIN
  SELECT RAISE(ABORT, 'hours_links is append-only');
END;
-- +goose StatementEnd
