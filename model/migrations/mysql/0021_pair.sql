-- +goose Up
CREATE TABLE `match_pairs` (
  `round_id` bigint COMMENT 'round',
  `campus_org_id` bigint COMMENT 'campus unit',
  `local_org_id` bigint COMMENT 'local unit',
  `kind` varchar(8) NOT NULL COMMENT 'KEPT STAYS NEW',
  `metres` bigint NOT NULL COMMENT 'how far apart',
  `near` bigint NOT NULL COMMENT 'points for nearness',
  `skill` bigint NOT NULL COMMENT 'points for wanted skills',
  `urgency` bigint NOT NULL COMMENT 'points for urgency',
  `stay` bigint NOT NULL COMMENT 'points for a pairing of last term',
  `band` bigint NOT NULL COMMENT 'class of the campus unit at the local unit',
  `lottery` bigint NOT NULL COMMENT 'number of the campus unit',
  `pairing_id` bigint NULL COMMENT 'the pairing, or what was proposed, NULL before',
  `refusal` varchar(60) NOT NULL COMMENT 'code of why nothing could be proposed, empty if it could',
  PRIMARY KEY (`round_id`,`campus_org_id`,`local_org_id`),
  INDEX `ix_match_pair_local` (`round_id`,`local_org_id`),
  INDEX `ix_match_pair_open` (`round_id`,`kind`,`pairing_id`,`campus_org_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
