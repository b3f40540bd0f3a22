-- +goose Up
CREATE TABLE `page_codes` (
  `key_hash` varbinary(32) COMMENT 'SHA-256 of app, scene, page, env and width',
  `app_id` varchar(64) NOT NULL COMMENT 'mini-program',
  `scene` varchar(32) NOT NULL COMMENT 'what the page gets',
  `page` varchar(255) NOT NULL COMMENT 'page it was asked for',
  `env` varchar(16) NOT NULL COMMENT 'release or trial',
  `width` bigint NOT NULL COMMENT 'pixels as asked',
  `media` varchar(32) NOT NULL COMMENT 'image/jpeg or image/png',
  `picture` mediumblob NOT NULL COMMENT 'the file, at most 200 KiB',
  `retry_at` datetime(3) NULL COMMENT 'WeChat did not know the page, so it opens the home page; asked again from then, NULL when it is right',
  `created_at` datetime(3) NOT NULL COMMENT 'when it was made',
  PRIMARY KEY (`key_hash`),
  INDEX `ix_page_code_created` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
