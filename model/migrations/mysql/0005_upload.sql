-- +goose Up
CREATE TABLE `content_checks` (
  `id` bigint COMMENT 'id',
  `kind` varchar(8) NOT NULL COMMENT 'TEXT IMAGE',
  `purpose` varchar(16) NOT NULL COMMENT 'where it will stand: PROFILE ORG PAIRING PROJECT ACTIVITY PICTURE',
  `user_id` bigint NOT NULL COMMENT 'author, 0 for an API client',
  `digest` varbinary(32) COMMENT 'keyed digest of purpose and texts, NULL for a picture',
  `upload_id` bigint COMMENT 'the picture, NULL for texts',
  `org_path` varchar(255) NOT NULL COMMENT 'organisation it belongs to, empty for none',
  `texts_enc` mediumblob COMMENT 'JSON of the texts, encrypted with the author''s key; NULL once nobody needs to read them',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `why` varchar(16) NOT NULL COMMENT 'of REVIEW: SUGGESTED UNSEEN NO_OPENID NO_ANSWER NO_ADDRESS, else empty',
  `label` bigint NOT NULL COMMENT 'reason in WeChat''s numbers, 0 if none',
  `fields` text NOT NULL COMMENT 'pointers of the risky fields',
  `trace_id` varchar(64) COMMENT 'of WeChat, while it looks at the picture',
  `next_at` datetime(3) NOT NULL COMMENT 'when to ask again, or to stop waiting',
  `decided_by` bigint COMMENT 'reviewer, NULL while no person has decided',
  `reason` varchar(200) NOT NULL COMMENT 'what the reviewer wrote',
  `version` bigint NOT NULL COMMENT 'counts the changes',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_check_text` (`digest`,`user_id`),
  UNIQUE INDEX `uq_check_upload` (`upload_id`),
  INDEX `ix_check_due` (`status`,`next_at`),
  INDEX `ix_check_trace` (`trace_id`),
  INDEX `ix_check_created` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `uploads` (
  `id` bigint COMMENT 'id',
  `user_id` bigint NOT NULL COMMENT 'whose',
  `original` varchar(64) NOT NULL COMMENT 'file with the bytes that came',
  `display` varchar(64) NOT NULL COMMENT 'file with the picture drawn anew',
  `media` varchar(16) NOT NULL COMMENT 'of the original: image/jpeg image/png image/webp',
  `bytes` bigint NOT NULL COMMENT 'of the original',
  `sha256` varbinary(32) NOT NULL COMMENT 'of the original',
  `width` bigint NOT NULL COMMENT 'pixels of the original, as it is stored',
  `height` bigint NOT NULL COMMENT 'pixels of the original, as it is stored',
  `shown_bytes` bigint NOT NULL COMMENT 'of the picture drawn anew',
  `object` varchar(32) NOT NULL COMMENT 'table of what uses it, empty while nothing does',
  `object_id` bigint NOT NULL COMMENT 'row of what uses it, 0 while nothing does',
  `expires_at` datetime(3) NULL COMMENT 'deleted after this, NULL while it is used',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_upload_user` (`user_id`,`created_at`),
  UNIQUE INDEX `uq_upload_original` (`original`),
  UNIQUE INDEX `uq_upload_display` (`display`),
  INDEX `ix_upload_object` (`object`,`object_id`),
  INDEX `ix_upload_expires` (`expires_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `activities` ADD COLUMN `cover_id` bigint COMMENT 'upload that is its picture, NULL if none';
