-- +goose Up
ALTER TABLE `projects` ADD COLUMN `demand_id` integer;
CREATE INDEX `ix_project_demand` ON `projects`(`demand_id`);
ALTER TABLE `activities` ADD COLUMN `demand_id` integer;
CREATE INDEX `ix_activity_demand` ON `activities`(`demand_id`);
ALTER TABLE `demands` ADD COLUMN `given_back_at` datetime;
ALTER TABLE `demands` ADD COLUMN `given_back_by` integer;
UPDATE `projects` SET `demand_id` = d.`id` FROM `demands` d WHERE d.`project_id` = `projects`.`id`;
UPDATE `activities` SET `demand_id` = d.`id` FROM `demands` d WHERE d.`activity_id` = `activities`.`id`;
