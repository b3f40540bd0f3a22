package model

import "time"

// PageCodeMaxBytes is the largest picture that is kept.
const PageCodeMaxBytes = 200 << 10

// PageCode is a picture that WeChat made of a mini-program code. It can always be made again.
type PageCode struct {
	KeyHash   []byte     `gorm:"primaryKey;size:32;comment:SHA-256 of app, scene, page, env and width"`
	AppID     string     `gorm:"size:64;not null;comment:mini-program"`
	Scene     string     `gorm:"size:32;not null;comment:what the page gets"`
	Page      string     `gorm:"size:255;not null;comment:page it was asked for"`
	Env       string     `gorm:"size:16;not null;comment:release or trial"`
	Width     int64      `gorm:"not null;comment:pixels as asked"`
	Media     string     `gorm:"size:32;not null;comment:image/jpeg or image/png"`
	Picture   []byte     `gorm:"size:204800;not null;comment:the file, at most 200 KiB"`
	RetryAt   *time.Time `gorm:"comment:WeChat did not know the page, so it opens the home page; asked again from then, NULL when it is right"`
	CreatedAt time.Time  `gorm:"not null;index:ix_page_code_created;comment:when it was made"`
}
