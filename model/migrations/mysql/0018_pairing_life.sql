-- +goose Up
CREATE TABLE `pairing_renewals` (
  `pairing_id` bigint COMMENT 'pairing',
  `term_id` bigint COMMENT 'term of the campus side''s university',
  `side` varchar(8) COMMENT 'CAMPUS LOCAL',
  `renewed_by` bigint NOT NULL COMMENT 'user',
  `renewed_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`pairing_id`,`term_id`,`side`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `orgs` ADD INDEX `ix_org_lat` (`lat_e6`);
