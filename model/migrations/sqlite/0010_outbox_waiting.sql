-- +goose Up
-- A message that does not wait stands in no index of those that wait, and one that is not in flight in none of those in flight:
-- each message is put into and taken out of them once, not at every change of its state.
DROP INDEX `ix_notice_due`;
CREATE INDEX `ix_notice_due` ON `notice_outbox`(`state`,`next_at`) WHERE `state` IN ('PENDING','UNCONFIRMED');
DROP INDEX `uq_notice_busy`;
CREATE UNIQUE INDEX `uq_notice_busy` ON `notice_outbox`(`busy_user_id`) WHERE `busy_user_id` IS NOT NULL;
