-- +goose Up
CREATE TABLE `notice_fanouts` (
  `id` bigint COMMENT 'id',
  `kind` varchar(32) NOT NULL COMMENT 'what is told, see service/notify',
  `object` varchar(32) NOT NULL COMMENT 'table of what it is about',
  `object_id` bigint NOT NULL COMMENT 'row of what it is about',
  `due_at` datetime(3) NOT NULL COMMENT 'the time it hangs on: a session that moved is another fact',
  `not_before` datetime(3) NOT NULL COMMENT 'nobody is told before this',
  `after_id` bigint NOT NULL COMMENT 'everybody up to this one has been told, 0 for nobody',
  `done_at` datetime(3) NULL COMMENT 'when the last one was told, NULL before',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_fanout_open` (`done_at`,`not_before`),
  UNIQUE INDEX `uq_fanout` (`kind`,`object_id`,`due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE INDEX `ix_session_starts` ON `activity_sessions`(`starts_at`);
