"use strict";
// Sends the row that is typed, and shows what comes back: an answer as JSON, an explanation as a page of its own.
const by = (id) => document.getElementById(id);

async function ask(path, accept) {
  const headers = { "Content-Type": "application/json", Accept: accept };
  const answer = await fetch(path, { method: "POST", headers, body: by("row").value });
  return { good: answer.ok, text: await answer.text() };
}

function show(text) {
  try {
    by("answer").textContent = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    by("answer").textContent = text;
  }
}

async function told(work) {
  try {
    await work();
  } catch (error) {
    by("answer").textContent = `No answer: ${error.message}`;
  }
}

by("predict").addEventListener("click", () => told(async () => show((await ask("predict", "application/json")).text)));

by("explain").addEventListener("click", () =>
  told(async () => {
    const { good, text } = await ask("explain", "text/html");
    if (!good) {
      show(text);
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/html" }));
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "The explanation, as a page";
    by("answer").replaceChildren(link);
  }),
);
