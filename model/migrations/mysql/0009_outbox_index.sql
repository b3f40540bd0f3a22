-- +goose Up
-- A message changes its state twice. Nobody looks for a message by its WeChat id alone, and the few messages of one person and
-- template are told apart by their rows: indexes that hold the id or the state are only work.
ALTER TABLE `notice_outbox`
  DROP INDEX `ix_notice_msg`,
  DROP INDEX `ix_notice_user`,
  ADD INDEX `ix_notice_user` (`user_id`,`template`);
