-- +goose Up
CREATE INDEX `ix_user_status` ON `users`(`status`);
