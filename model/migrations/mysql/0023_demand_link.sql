-- +goose Up
ALTER TABLE `projects`
  ADD COLUMN `demand_id` bigint NULL COMMENT 'demand it was drafted from, NULL if none',
  ADD INDEX `ix_project_demand` (`demand_id`);
ALTER TABLE `activities`
  ADD COLUMN `demand_id` bigint NULL COMMENT 'demand it was drafted from, NULL if none',
  ADD INDEX `ix_activity_demand` (`demand_id`);
ALTER TABLE `demands`
  ADD COLUMN `given_back_at` datetime(3) NULL COMMENT 'when a unit last gave it back after accepting, NULL if none did',
  ADD COLUMN `given_back_by` bigint NULL COMMENT 'campus unit that last gave it back, NULL if none did',
  MODIFY COLUMN `reason` varchar(200) NOT NULL COMMENT 'why it was sent back, given back or cancelled';
ALTER TABLE `demand_dispatches`
  MODIFY COLUMN `reason` varchar(200) NOT NULL COMMENT 'why it was declined, given back or withdrawn';
ALTER TABLE `uploads`
  MODIFY COLUMN `original` varchar(64) NOT NULL COMMENT 'file with what came, without its metadata',
  MODIFY COLUMN `bytes` bigint NOT NULL COMMENT 'of what came',
  MODIFY COLUMN `sha256` varbinary(32) NOT NULL COMMENT 'of what came';
ALTER TABLE `appeals`
  MODIFY COLUMN `subject_kind` varchar(20) NOT NULL COMMENT 'RELIABILITY_ENTRY SUSPENSION SIGNUP CHECK_IN HOURS_CLAIM HOURS_ENTRY';
UPDATE `projects` p JOIN `demands` d ON d.`project_id` = p.`id` SET p.`demand_id` = d.`id`;
UPDATE `activities` a JOIN `demands` d ON d.`activity_id` = a.`id` SET a.`demand_id` = d.`id`;
