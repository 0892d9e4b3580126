// Package table writes a run as tables: CSV for spreadsheets and data frames, and a summary in Markdown for a pull request.
// The columns are documented in docs/formats/report.md, which a test compares with this package.
package table
