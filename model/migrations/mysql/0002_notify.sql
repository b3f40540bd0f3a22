-- +goose Up
CREATE TABLE `notifications` (
  `id` bigint COMMENT 'id',
  `user_id` bigint NOT NULL COMMENT 'whose inbox',
  `kind` varchar(32) NOT NULL COMMENT 'which wording, see service/notify',
  `dedupe_key` varchar(160) NOT NULL COMMENT 'kind, fact and user: one fact is told once',
  `data` text NOT NULL COMMENT 'JSON of ids and short texts, no personal data',
  `object` varchar(32) NOT NULL COMMENT 'table of what it is about',
  `object_id` bigint NOT NULL COMMENT 'row of what it is about',
  `shown_at` datetime(3) NOT NULL COMMENT 'in the inbox from this time on',
  `read_at` datetime(3) NULL COMMENT 'when the person read it, NULL before',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_notification_user` (`user_id`,`shown_at`),
  INDEX `ix_notification_unread` (`user_id`,`read_at`,`shown_at`),
  UNIQUE INDEX `uq_notification_key` (`dedupe_key`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `notification_prefs` (
  `user_id` bigint COMMENT 'who',
  `kind` varchar(32) COMMENT 'which kind',
  `wechat` boolean NOT NULL COMMENT 'also as a WeChat message',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`user_id`,`kind`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `notice_templates` (
  `app_id` varchar(64) COMMENT 'mini-program',
  `kind` varchar(32) COMMENT 'which kind',
  `template_id` varchar(128) NOT NULL COMMENT 'template at WeChat',
  `page` varchar(255) NOT NULL COMMENT 'page it opens, {name} is filled from the data',
  `fields` text NOT NULL COMMENT 'JSON, field key to text with {name} placeholders',
  `long_term` boolean NOT NULL COMMENT 'one acceptance lasts, nothing is counted',
  `disabled_at` datetime(3) NULL COMMENT 'when WeChat said that it does not exist, NULL while it is good',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`app_id`,`kind`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `notice_outbox` (
  `id` bigint COMMENT 'id',
  `dedupe_key` varchar(160) NOT NULL COMMENT 'the same as in notifications',
  `user_id` bigint NOT NULL COMMENT 'to whom',
  `busy_user_id` bigint NULL COMMENT 'the user while SENDING, else NULL: one message in flight per person',
  `kind` varchar(32) NOT NULL COMMENT 'which kind',
  `template` varchar(128) NOT NULL COMMENT 'template at WeChat',
  `page` varchar(255) NOT NULL COMMENT 'page it opens',
  `fields` text NOT NULL COMMENT 'JSON, field key to text',
  `state` varchar(16) NOT NULL COMMENT 'PENDING SENDING SENT UNCONFIRMED DROPPED PARKED EXPIRED',
  `next_at` datetime(3) NOT NULL COMMENT 'not before this time',
  `expires_at` datetime(3) NULL COMMENT 'useless after this, NULL without end',
  `attempts` bigint NOT NULL COMMENT 'failed attempts that count',
  `resent` boolean NOT NULL COMMENT 'the one attempt after an unknown outcome is used',
  `reserved` boolean NOT NULL COMMENT 'holds a unit of the ledger',
  `last_code` bigint NOT NULL COMMENT 'last errcode, 0 for none',
  `last_rid` varchar(64) NOT NULL COMMENT 'request id of the last answer, for WeChat support',
  `why` varchar(24) NOT NULL COMMENT 'reason of the state in one word',
  `msg_id` varchar(32) NOT NULL COMMENT 'WeChat message id, empty before',
  `lease_owner` varchar(32) NOT NULL COMMENT 'claim of a worker, fresh for each batch',
  `lease_until` datetime(3) NULL COMMENT 'after this the claim is dead',
  `tried_at` datetime(3) NULL COMMENT 'last time it became SENDING',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_notice_key` (`dedupe_key`),
  INDEX `ix_notice_user` (`user_id`,`template`,`state`),
  UNIQUE INDEX `uq_notice_busy` (`busy_user_id`),
  INDEX `ix_notice_due` (`state`,`next_at`),
  INDEX `ix_notice_msg` (`msg_id`),
  INDEX `ix_notice_created` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `subscribe_ledger` (
  `user_id` bigint COMMENT 'who',
  `template` varchar(128) COMMENT 'template at WeChat',
  `granted` bigint NOT NULL COMMENT 'acceptances seen',
  `used` bigint NOT NULL COMMENT 'of them used or reserved',
  `muted` boolean NOT NULL COMMENT 'the person switched the template off',
  `probed_at` datetime(3) NULL COMMENT 'last attempt made without a known acceptance',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`user_id`,`template`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `subscribe_events` (
  `key_hash` varbinary(32) COMMENT 'SHA-256 of the event''s key',
  `kind` varchar(16) NOT NULL COMMENT 'ANSWER MUTE SENT',
  `user_id` bigint NOT NULL COMMENT 'about whom',
  `template` varchar(128) NOT NULL COMMENT 'template at WeChat',
  `msg_id` varchar(32) NOT NULL COMMENT 'of a SENT, else empty',
  `error_code` bigint NOT NULL COMMENT 'of a SENT, 0 is delivered',
  `notice_id` bigint NOT NULL COMMENT 'the notice it was matched with, 0 for none',
  `created_at` datetime(3) NOT NULL COMMENT 'when it came in',
  PRIMARY KEY (`key_hash`),
  INDEX `ix_subscribe_user` (`user_id`,`template`),
  INDEX `ix_subscribe_msg` (`msg_id`),
  INDEX `ix_subscribe_created` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `notice_lanes` (
  `name` varchar(160) COMMENT 'app, or template: and its id',
  `paused_until` datetime(3) NOT NULL COMMENT 'nothing is sent before this',
  `reason` varchar(24) NOT NULL COMMENT 'kind of the failure',
  `code` bigint NOT NULL COMMENT 'errcode, 0 for none',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `stale_bindings` (
  `user_id` bigint COMMENT 'who',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `wechat_tokens` (
  `app_id` varchar(64) COMMENT 'mini-program',
  `sealed` varbinary(8192) NOT NULL COMMENT 'AES-256-GCM of the token and of a bad one',
  `version` bigint NOT NULL COMMENT 'counts the changes',
  `not_after` datetime(3) NOT NULL COMMENT 'use the token before this',
  `forced_at` datetime(3) NOT NULL COMMENT 'last forced renewal',
  `cool_until` datetime(3) NOT NULL COMMENT 'nobody asks for a token before this',
  `cool_code` bigint NOT NULL COMMENT 'errcode that began the cooling',
  `lock_owner` varchar(32) NOT NULL COMMENT 'who renews it',
  `lock_until` datetime(3) NOT NULL COMMENT 'the lock is free after this',
  PRIMARY KEY (`app_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `wechat_nonces` (
  `key_hash` varbinary(32) COMMENT 'SHA-256 of the signature',
  `until` datetime(3) NOT NULL COMMENT 'forgotten after this',
  PRIMARY KEY (`key_hash`),
  INDEX `ix_nonce_until` (`until`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
