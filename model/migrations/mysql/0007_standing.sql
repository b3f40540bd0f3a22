-- +goose Up
CREATE TABLE `student_proofs` (
  `id` bigint COMMENT 'id',
  `student_id` bigint NOT NULL COMMENT 'who',
  `kind` varchar(12) NOT NULL COMMENT 'TRAINING INSURANCE CLEARANCE',
  `from_on` varchar(10) NOT NULL COMMENT 'first day',
  `to_on` varchar(10) COMMENT 'first day after, NULL without end',
  `note` varchar(200) NOT NULL COMMENT 'policy number, course; no personal data',
  `recorded_by` bigint NOT NULL COMMENT 'user',
  `revoked_at` datetime(3) NULL COMMENT 'when, NULL while it counts',
  `revoked_by` bigint NULL COMMENT 'user',
  `reason` varchar(200) NOT NULL COMMENT 'of the revocation',
  `version` bigint NOT NULL COMMENT 'counts changes',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_proof_student` (`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `consents` (
  `id` bigint COMMENT 'id',
  `user_id` bigint NOT NULL COMMENT 'who agreed',
  `purpose` varchar(20) NOT NULL COMMENT 'SIGNUP_SHARE LOCATION PHOTO_PUBLICATION CROSS_ORG_SHARE',
  `text_version` varchar(20) NOT NULL COMMENT 'which text was agreed to',
  `granted_at` datetime(3) NOT NULL COMMENT 'when',
  `withdrawn_at` datetime(3) NULL COMMENT 'when it ended, NULL while it lasts',
  `live` boolean COMMENT '1 until it ends, then NULL',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_consent_live` (`user_id`,`purpose`,`live`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `reliability_entries` (
  `id` bigint COMMENT 'id',
  `student_id` bigint NOT NULL COMMENT 'who',
  `kind` varchar(12) NOT NULL COMMENT 'NO_SHOW LATE_CANCEL REVERSAL',
  `points` bigint NOT NULL COMMENT 'negative for a penalty, positive for its reversal',
  `signup_id` bigint NOT NULL COMMENT 'signup it is about',
  `programme_id` bigint NOT NULL COMMENT 'programme whose policy set the points',
  `reverses` bigint NOT NULL COMMENT '0, or the id of the line it reverses',
  `reason` varchar(200) NOT NULL COMMENT 'of a reversal',
  `expires_at` datetime(3) NOT NULL COMMENT 'counts until then',
  `created_at` datetime(3) NOT NULL COMMENT 'when it counts from',
  PRIMARY KEY (`id`),
  INDEX `ix_reliability_student` (`student_id`,`created_at`),
  UNIQUE INDEX `uq_reliability` (`signup_id`,`kind`,`reverses`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `signup_suspensions` (
  `id` bigint COMMENT 'id',
  `student_id` bigint NOT NULL COMMENT 'who',
  `from_at` datetime(3) NOT NULL COMMENT 'begins',
  `to_at` datetime(3) NOT NULL COMMENT 'ends',
  `entry_id` bigint NOT NULL COMMENT 'reliability entry that reached the limit',
  `needs` bigint NOT NULL COMMENT 'no-shows that were the limit',
  `counts_from` datetime(3) NOT NULL COMMENT 'begin of the window in which they were counted',
  `reason` varchar(200) NOT NULL COMMENT 'NO_SHOWS',
  `lifted_at` datetime(3) NULL COMMENT 'when it was lifted, NULL while it stands',
  `lifted_by` bigint NULL COMMENT 'user, 0 for the system',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_suspension_student` (`student_id`,`to_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
