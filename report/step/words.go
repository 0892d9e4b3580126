package step

import (
	"fmt"
	"strings"
)

// said is what a session says by itself, in each language.
type said struct{ en, ko string }

var (
	welcome = said{"%d changes are recorded.", "변화 %d개가 기록되었습니다."}
	help    = said{`  n, Enter [N]     the next change, or the next N
  b [N]            back by one change, or by N
  g 95s            go to a time
  c EXPRESSION     continue until a CEL expression holds: c pods("app=web").all(p, ready(p))
  p [POD]          predict what get pods shows next, then see it
  get, describe, events ...   what kubectl prints at this point: get pods -o wide, get pod web -o yaml
  w KIND/NAME      why is it as it is
  h help   q quit`, `  n, Enter [N]     다음 변화, 또는 다음 N개
  b [N]            한 변화(또는 N개) 뒤로
  g 95s            그 시각으로
  c 식             CEL 식이 참이 될 때까지: c pods("app=web").all(p, ready(p))
  p [파드]         get pods가 다음에 보여 줄 것을 예측한 다음 확인
  get, describe, events ...   이 순간 kubectl이 보여 줄 것: get pods -o wide, get pod web -o yaml
  w 종류/이름      왜 그런 상태인가
  h 도움말   q 끝내기`}
	unknown     = said{"There is no command %q; h lists them.", "%q: 없는 명령입니다. h를 입력하면 목록이 나옵니다."}
	noMore      = said{"Nothing more happens: this is the end of the run.", "더 일어나는 일이 없습니다. 실행의 끝입니다."}
	atStart     = said{"This is the beginning.", "처음입니다."}
	badTime     = said{"%q is no time: write 95s or 2m30s.", "%q: 시각이 아닙니다. 95s나 2m30s처럼 쓰세요."}
	wantsCEL    = said{"Until when? c pods(\"app=web\").all(p, ready(p))", "언제까지 갈까요? c pods(\"app=web\").all(p, ready(p))"}
	never       = said{"It does not hold at any later time.", "이후로는 참이 되지 않습니다."}
	wantsObject = said{"Of what? w pod/web", "무엇의 이유를 볼까요? w pod/web"}
	nothingNext = said{"Nothing that get pods shows changes any more.", "get pods에 보이는 것은 더 바뀌지 않습니다."}
	question    = said{"%s of %s is %s. What will it be next?", "%[2]s의 %[1]s: 지금은 %[3]s. 다음에는 무엇이 될까요?"}
	isRight     = said{"Right: %s.", "맞았습니다: %s."}
	isWrong     = said{"Not so: it is %s.", "아닙니다: %s입니다."}
)

func (s *Session) text(w said) string {
	if s.Language == "ko" {
		return w.ko
	}
	return w.en
}

func (s *Session) print(w said, args ...any) { s.printText(fmt.Sprintf(s.text(w), args...)) }

// printText prints whole lines. An error of writing shows at the next prompt.
func (s *Session) printText(text string) {
	fmt.Fprintln(s.Out, strings.TrimRight(text, "\n"))
}
