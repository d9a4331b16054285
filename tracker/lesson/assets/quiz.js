// Questions, one after the other, each with its answer and the reason for it.

const score = { asked: lesson.questions.length, right: 0, answered: 0 };

function questionElement(question, index) {
  const answer = h("p", { class: "answer", role: "status" });
  const name = `question-${index}`;
  const choices = question.choices.map((text, place) =>
    h("label", {}, h("input", { type: "radio", name, value: place }), h("span", {}, text)),
  );
  const check = h("button", { type: "button", click: () => checkAnswer(question, fields, answer) }, "Check");
  const look = h("button", { type: "button", hidden: true, class: "see", click: () => goToFrame(question.frame) }, `See frame ${question.frame}`);
  const fields = h(
    "fieldset",
    {},
    h("legend", {}, `${index + 1}. `, question.text),
    choices,
    h("p", { class: "buttons" }, check, question.frame ? look : null),
    answer,
  );
  return fields;
}

// For paper: the answers, apart from the questions.
function solutions() {
  const texts = lesson.questions.map((each) => `${each.choices[each.answer]}. ${each.reason}`);
  return h(
    "div",
    { class: "solutions" },
    h("h3", {}, "Answers"),
    h("ol", {}, texts.map((text) => h("li", {}, text))),
  );
}

function checkAnswer(question, fields, answer) {
  const chosen = fields.querySelector("input:checked");
  if (!chosen) {
    answer.textContent = "Choose an answer first.";
    return;
  }
  const isRight = Number(chosen.value) === question.answer;
  if (!fields.dataset.answered) {
    score.answered += 1;
    score.right += isRight ? 1 : 0;
  }
  fields.dataset.answered = isRight ? "right" : "wrong";
  fields.querySelector(".see")?.removeAttribute("hidden"); // before, it could give the answer away
  const right = `Right. ${question.reason}`;
  answer.textContent = isRight ? right : `Not quite: ${question.choices[question.answer]}. ${question.reason}`;
  byId("score").textContent = `${score.right} of ${score.answered} right at the first try, ${score.asked} in all.`;
}

if (lesson.questions.length) {
  byId("quiz").hidden = false;
  show("questions", lesson.questions.map(questionElement), h("p", { id: "score", role: "status" }), solutions());
}
