// A lesson beside its run: texts, questions that are checked here, and the real output once they are answered.

let lessonBox = null, lessonHits = 0, lessonAsked = 0;

const word = name => D.lesson.words[name] || name;

function drawLesson(box) {
  if (!lessonBox) lessonBox = makeLesson();
  if (box.firstChild !== lessonBox) fill(box, lessonBox); // else it stays, with all that was answered
}

function makeLesson() {
  const l = D.lesson, score = el("p", {class: "score", id: "score", role: "status", hidden: true});
  return el("div", {class: "lesson scroll", lang: l.language},
    el("h3", null, l.title), el("p", {class: "goal"}, el("b", null, word("goal"))), blocksOf(l.goal),
    l.steps.map((s, i) => lessonStep(s, i, score)), score,
    l.next ? el("p", null, word("next") + " ", el("a", {href: l.next}, l.nextTitle)) : null);
}

// codeParts puts `code` of a text into elements of its own.
function codeParts(text) {
  const parts = text.split("`");
  return parts.length % 2 ? parts.map((p, i) => i % 2 ? el("code", null, p) : p) : [text];
}

const blocksOf = list => (list || []).map(b => b.pre ? el("div", {class: "wide-text"}, el("pre", {class: "kubectl"}, b.text)) : el("p", null, codeParts(b.text)));

// plainAnswer makes answers alike that differ in case, blanks and quotes alone.
const plainAnswer = s => s.trim().replace(/^["'.)`]+|["'.)`]+$/g, "").trim().split(/\s+/).join(" ").toLowerCase();

function lessonStep(s, i, score) {
  const rest = el("div", {class: "rest", hidden: !!s.ask},
    s.kubectl ? el("p", {class: "dim"}, word("onCluster") + " ", el("code", null, s.kubectl)) : null,
    s.run ? [el("p", {class: "command"}, el("code", null, "$ " + s.run), copyButton(s.run)), el("div", {class: "wide-text"}, el("pre", {class: "kubectl output"}, s.output || ""))] : null,
    s.looks ? lessonInstant(s) : null, blocksOf(s.then));
  return el("div", {class: "lesson-step", id: "step-" + (i + 1)}, blocksOf(s.say), s.ask ? lessonQuestion(s.ask, i, rest, score) : null, rest);
}

// lessonInstant is a permalink that moves the scrubber to where the command looked.
function lessonInstant(s) {
  const at = s.at ? parseTime(s.at) : D.meta.end;
  if (Number.isNaN(at)) return null;
  const hash = "#" + (at < D.meta.end ? "t=" + exact(at) + "&" : "") + (s.pod ? "pod=" + encodeURIComponent(s.pod) : "");
  return el("p", null, word("at") + " ", el("a", {href: hash, class: "instant", onclick: e => { e.preventDefault(); location.hash = hash; readHash(); changed("t", "view", "selection", "filter", "tab"); }}, s.at ? short(at) : word("end")));
}

function lessonQuestion(q, i, rest, score) {
  lessonAsked++;
  const verdict = el("p", {class: "verdict", role: "status"}), name = "answer-" + (i + 1);
  const field = q.choices ? null : el("input", {type: "text", name, id: name, placeholder: word("write"), "aria-label": word("write"), autocomplete: "off"});
  const choices = (q.choices || []).map((c, k) => el("label", {class: "choice"}, el("input", {type: "radio", name, value: "abcdefghij"[k]}), el("span", null, "abcdefghij"[k] + ") ", codeParts(c))));
  let tried = false;
  const reveal = () => { rest.hidden = false; };
  const check = () => {
    const given = field ? field.value : (choices.map(c => c.firstChild).find(x => x.checked) || {value: ""}).value;
    if (!plainAnswer(given)) return;
    const right = q.answer.some(a => plainAnswer(a) === plainAnswer(given));
    verdict.className = "verdict " + (right ? "right" : "wrong");
    fill(verdict, right ? "✓ " + word("right") : "✗ " + word("wrong") + " " + q.shown);
    if (!tried && rest.hidden) {
      if (right) lessonHits++;
      score.hidden = false;
      score.textContent = lessonScore();
    }
    tried = true;
    reveal();
  };
  const show = () => {
    if (!tried) { verdict.className = "verdict"; fill(verdict, word("solution") + " " + q.shown); }
    reveal();
  };
  if (field) field.addEventListener("keydown", e => { if (e.key === "Enter") check(); });
  return el("div", {class: "question", role: "group"}, el("p", null, el("b", null, word("ask") + " "), codeParts(q.text)), choices,
    el("div", {class: "row"}, field, el("button", {type: "button", class: "check-answer", onclick: check}, word("check")), el("button", {type: "button", class: "show-answer", onclick: show}, word("reveal"))), verdict);
}

function lessonScore() {
  return word("score").replace("%d", lessonHits).replace("%d", lessonAsked);
}
