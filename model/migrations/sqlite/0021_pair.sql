-- +goose Up
CREATE TABLE `match_pairs` (
  `round_id` integer,
  `campus_org_id` integer,
  `local_org_id` integer,
  `kind` text NOT NULL,
  `metres` integer NOT NULL,
  `near` integer NOT NULL,
  `skill` integer NOT NULL,
  `urgency` integer NOT NULL,
  `stay` integer NOT NULL,
  `band` integer NOT NULL,
  `lottery` integer NOT NULL,
  `pairing_id` integer,
  `refusal` text NOT NULL,
  PRIMARY KEY (`round_id`,`campus_org_id`,`local_org_id`)
);
CREATE INDEX `ix_match_pair_local` ON `match_pairs`(`round_id`,`local_org_id`);
CREATE INDEX `ix_match_pair_open` ON `match_pairs`(`round_id`,`kind`,`pairing_id`,`campus_org_id`);
