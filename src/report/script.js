"use strict";
(() => {
  const PAGE = 50;
  const byId = (id) => document.getElementById(id);
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  // The maps: one persona brought forward.
  const chosen = byId("map-persona");
  if (chosen) {
    chosen.addEventListener("change", () => {
      for (const map of document.querySelectorAll("svg.map")) {
        map.classList.toggle("chosen", chosen.value !== "");
        for (const group of map.querySelectorAll("g[data-persona]")) {
          group.classList.toggle("chosen", group.dataset.persona === chosen.value);
        }
      }
    });
  }

  // Responses, fifty at a time, as text only.
  const data = JSON.parse(byId("data").textContent);
  const controls = { persona: byId("by-persona"), prompt: byId("by-prompt"), arm: byId("by-arm"), text: byId("by-text") };
  const fillIn = (select, names) => {
    names.map((name, place) => [name, place])
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .forEach(([name, place]) => {
        const option = make("option", "", name);
        option.value = String(place);
        select.append(option);
      });
  };
  fillIn(controls.persona, data.personas);
  fillIn(controls.prompt, data.prompts);
  fillIn(controls.arm, data.arms);
  let found = [];
  let page = 0;

  const card = (row) => {
    const [persona, prompt, arm, blend, fed, sample, tokens, finish, seed, text] = row;
    const node = make("article", "answer-card");
    const head = make("h3");
    head.append(make("span", "", data.personas[persona]), make("small", "", data.prompts[prompt]));
    head.append(make("span", "chip", data.arms[arm]));
    const ends = ["", "ended by itself", "cut at the length limit"][finish];
    const facts = ["sample " + sample];
    if (tokens) facts.push(tokens + " tokens");
    if (ends) facts.push(ends);
    head.append(make("small", "", facts.join(" · ")));
    node.append(head, make("p", "text", text === "" ? "(empty)" : text));
    const prompted = data.fed[fed];
    if (prompted) {
      const details = make("details");
      details.append(make("summary", "", "How it was made"));
      details.append(make("p", "", "spoke with " + (data.blends[blend] || "the base model") + " · seed " + seed));
      details.append(make("pre", "", prompted.replaceAll("\ufffc", "<persona:" + data.personas[persona] + ">")));
      node.append(details);
    }
    return node;
  };
  const show = () => {
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    byId("answers").replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(card));
    byId("found").textContent = found.length + " of " + data.rows.length + " responses";
    byId("page").textContent = "page " + (page + 1) + " of " + pages;
    byId("back").disabled = page === 0;
    byId("next").disabled = page + 1 >= pages;
  };
  const filter = () => {
    const wanted = controls.text.value.trim().toLowerCase();
    const chosenPlace = (select) => (select.value === "" ? -1 : Number(select.value));
    const [persona, prompt, arm] = [controls.persona, controls.prompt, controls.arm].map(chosenPlace);
    found = data.rows.filter((row) =>
      (persona < 0 || row[0] === persona) && (prompt < 0 || row[1] === prompt) && (arm < 0 || row[2] === arm)
      && (wanted === "" || row[9].toLowerCase().includes(wanted)));
    page = 0;
    show();
  };
  const form = byId("filters");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter, 0));
  const turn = (step) => {
    page += step;
    show();
    byId("responses").scrollIntoView();
  };
  byId("back").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  for (const link of document.querySelectorAll("a[data-persona]")) {
    link.addEventListener("click", () => {
      const place = data.personas.indexOf(link.dataset.persona);
      controls.persona.value = place < 0 ? "" : String(place);
      filter();
    });
  }
  filter();
})();
