package model

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// resolvePlain says what an unquoted YAML scalar means, by the rules of YAML 1.1 that the API server's reader follows:
// yes, on and their kin are booleans, 0o17 and 017 are numbers, dates are strings. ok is false for numbers that JSON
// cannot hold (.inf, .nan).
//
// Source: sigs.k8s.io/yaml v1.6.0 (go.yaml.in/yaml/v2 resolve.go resolve, and its way through encoding/json).
func resolvePlain(s string) (kind nodeKind, text string, ok bool) {
	if s == "" {
		return nullNode, "", true
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9' || c == '-' || c == '+':
		return resolveNumber(s)
	case c == '.':
		return resolveDot(s)
	case strings.IndexByte("yYnNtTfFoO~", c) >= 0:
		return resolveWord(s)
	}
	return stringNode, s, true
}

// resolveWord finds the words that are not strings.
func resolveWord(s string) (nodeKind, string, bool) {
	if len(s) > 5 {
		return stringNode, s, true
	}
	switch s {
	case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON":
		return boolNode, "true", true
	case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
		return boolNode, "false", true
	case "~", "null", "Null", "NULL":
		return nullNode, "", true
	}
	return stringNode, s, true
}

// resolveDot handles scalars that begin with a dot.
func resolveDot(s string) (nodeKind, string, bool) {
	switch s {
	case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF":
		return numberNode, s, false
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return numberNode, formatFloat(f), true
	}
	return stringNode, s, true
}

// resolveNumber handles scalars that begin with a digit or a sign.
func resolveNumber(s string) (nodeKind, string, bool) {
	if isCanonicalInt(s) {
		return numberNode, s, true
	}
	switch s {
	case "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
		return numberNode, s, false
	}
	plain := strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return numberNode, strconv.FormatInt(i, 10), true
	}
	if u, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return numberNode, strconv.FormatUint(u, 10), true
	}
	if isYAMLFloat(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return numberNode, formatFloat(f), true
		}
	}
	return stringNode, s, true
}

// isCanonicalInt says whether s is a decimal integer exactly as JSON writes it, and surely fits 64 bits.
func isCanonicalInt(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 18 || digits[0] == '0' && len(s) > 1 {
		return false
	}
	s = digits
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isYAMLFloat matches [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
func isYAMLFloat(s string) bool {
	digits := func() (n int) {
		for s != "" && s[0] >= '0' && s[0] <= '9' {
			s = s[1:]
			n++
		}
		return n
	}
	sign := func() {
		if s != "" && (s[0] == '-' || s[0] == '+') {
			s = s[1:]
		}
	}
	sign()
	whole := digits()
	if s != "" && s[0] == '.' {
		s = s[1:]
		if digits() == 0 && whole == 0 {
			return false
		}
	} else if whole == 0 {
		return false
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		sign()
		if digits() == 0 {
			return false
		}
	}
	return s == ""
}

// formatFloat writes a number as encoding/json does.
func formatFloat(f float64) string {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return "0" // cannot happen: ParseFloat reports a range error
	}
	b, err := json.Marshal(f)
	if err != nil {
		return "0"
	}
	return string(b)
}

// resolveKey turns the unquoted key of a mapping into the string JSON needs. ok is false for keys the API server's reader
// refuses (null, numbers beyond 64 bits signed).
//
// Source: sigs.k8s.io/yaml v1.6.0 yaml.go convertToJSONableObject.
func resolveKey(s string) (key string, ok bool) {
	kind, text, finite := resolvePlain(s)
	switch kind {
	case stringNode, boolNode:
		return text, true
	case nullNode:
		return "", false
	}
	if !finite {
		switch f := strings.ToLower(strings.TrimPrefix(s, "+")); f {
		case ".nan", ".inf", "-.inf":
			return f, true
		}
	}
	if _, err := strconv.ParseInt(text, 10, 64); err == nil && !isYAMLFloatKey(s) {
		return text, true
	}
	if _, err := strconv.ParseUint(text, 10, 64); err == nil && !isYAMLFloatKey(s) {
		return "", false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "", false
	}
	switch text := strconv.FormatFloat(f, 'g', -1, 32); text { // 32 bits, as the library does: large numbers overflow
	case "+Inf":
		return ".inf", true
	case "-Inf":
		return "-.inf", true
	default:
		return text, true
	}
}

// isYAMLFloatKey says whether a scalar is a number that is no integer in YAML, such as 1.0, although JSON may write it as one.
func isYAMLFloatKey(s string) bool {
	plain := strings.ReplaceAll(s, "_", "")
	if _, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return false
	}
	_, err := strconv.ParseUint(plain, 0, 64)
	return err != nil
}
