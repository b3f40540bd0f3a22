-- +goose Up
CREATE TABLE `notifications` (
  `id` integer,
  `user_id` integer NOT NULL,
  `kind` text NOT NULL,
  `dedupe_key` text NOT NULL,
  `data` text NOT NULL,
  `object` text NOT NULL,
  `object_id` integer NOT NULL,
  `shown_at` datetime NOT NULL,
  `read_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_notification_user` ON `notifications`(`user_id`,`shown_at`);
CREATE INDEX `ix_notification_unread` ON `notifications`(`user_id`,`read_at`,`shown_at`);
CREATE UNIQUE INDEX `uq_notification_key` ON `notifications`(`dedupe_key`);

CREATE TABLE `notification_prefs` (
  `user_id` integer,
  `kind` text,
  `wechat` numeric NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`user_id`,`kind`)
);

CREATE TABLE `notice_templates` (
  `app_id` text,
  `kind` text,
  `template_id` text NOT NULL,
  `page` text NOT NULL,
  `fields` text NOT NULL,
  `long_term` numeric NOT NULL,
  `disabled_at` datetime,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`app_id`,`kind`)
);

CREATE TABLE `notice_outbox` (
  `id` integer,
  `dedupe_key` text NOT NULL,
  `user_id` integer NOT NULL,
  `busy_user_id` integer,
  `kind` text NOT NULL,
  `template` text NOT NULL,
  `page` text NOT NULL,
  `fields` text NOT NULL,
  `state` text NOT NULL,
  `next_at` datetime NOT NULL,
  `expires_at` datetime,
  `attempts` integer NOT NULL,
  `resent` numeric NOT NULL,
  `reserved` numeric NOT NULL,
  `last_code` integer NOT NULL,
  `last_rid` text NOT NULL,
  `why` text NOT NULL,
  `msg_id` text NOT NULL,
  `lease_owner` text NOT NULL,
  `lease_until` datetime,
  `tried_at` datetime,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_notice_key` ON `notice_outbox`(`dedupe_key`);
CREATE INDEX `ix_notice_user` ON `notice_outbox`(`user_id`,`template`,`state`);
CREATE UNIQUE INDEX `uq_notice_busy` ON `notice_outbox`(`busy_user_id`);
CREATE INDEX `ix_notice_due` ON `notice_outbox`(`state`,`next_at`);
CREATE INDEX `ix_notice_msg` ON `notice_outbox`(`msg_id`);
CREATE INDEX `ix_notice_created` ON `notice_outbox`(`created_at`);

CREATE TABLE `subscribe_ledger` (
  `user_id` integer,
  `template` text,
  `granted` integer NOT NULL,
  `used` integer NOT NULL,
  `muted` numeric NOT NULL,
  `probed_at` datetime,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`user_id`,`template`)
);

CREATE TABLE `subscribe_events` (
  `key_hash` blob,
  `kind` text NOT NULL,
  `user_id` integer NOT NULL,
  `template` text NOT NULL,
  `msg_id` text NOT NULL,
  `error_code` integer NOT NULL,
  `notice_id` integer NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`key_hash`)
);
CREATE INDEX `ix_subscribe_user` ON `subscribe_events`(`user_id`,`template`);
CREATE INDEX `ix_subscribe_msg` ON `subscribe_events`(`msg_id`);
CREATE INDEX `ix_subscribe_created` ON `subscribe_events`(`created_at`);

CREATE TABLE `notice_lanes` (
  `name` text,
  `paused_until` datetime NOT NULL,
  `reason` text NOT NULL,
  `code` integer NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`name`)
);

CREATE TABLE `stale_bindings` (
  `user_id` integer,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`user_id`)
);

CREATE TABLE `wechat_tokens` (
  `app_id` text,
  `sealed` blob NOT NULL,
  `version` integer NOT NULL,
  `not_after` datetime NOT NULL,
  `forced_at` datetime NOT NULL,
  `cool_until` datetime NOT NULL,
  `cool_code` integer NOT NULL,
  `lock_owner` text NOT NULL,
  `lock_until` datetime NOT NULL,
  PRIMARY KEY (`app_id`)
);

CREATE TABLE `wechat_nonces` (
  `key_hash` blob,
  `until` datetime NOT NULL,
  PRIMARY KEY (`key_hash`)
);
CREATE INDEX `ix_nonce_until` ON `wechat_nonces`(`until`);
