-- +goose Up
ALTER TABLE `users` ADD INDEX `ix_user_status` (`status`);
