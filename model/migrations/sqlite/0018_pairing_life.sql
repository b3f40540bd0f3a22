-- +goose Up
CREATE TABLE `pairing_renewals` (
  `pairing_id` integer,
  `term_id` integer,
  `side` text,
  `renewed_by` integer NOT NULL,
  `renewed_at` datetime NOT NULL,
  PRIMARY KEY (`pairing_id`,`term_id`,`side`)
);

CREATE INDEX `ix_org_lat` ON `orgs`(`lat_e6`);
