"use strict";
const byId = id => document.getElementById(id);
// Texts that repeat are stored once: everything else holds their numbers.
const { texts, roles, period } = JSON.parse(byId("data").textContent);
const text = number => number === null ? "" : texts[number];
const grouped = number => number.toLocaleString("en");
const PAGE = 100;
let shown = PAGE;

// All text from roles goes through `textContent`.
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function head() {
  if (period) byId("head").append(element("p", { class: "dim" }, period));
  for (const verdict of ["violation", "unknown", "compliant"]) {
    const count = roles.filter(role => role.verdict === verdict).length;
    byId("numbers").append(element("div", {}, element("dt", {}, verdict), element("dd", { class: verdict }, grouped(count))));
  }
}

/** A number that opens to a list. */
function list(lines) {
  if (!lines.length) return "0";
  const details = element("details", {}, element("summary", {}, grouped(lines.length)));
  // A list of thousands is only made for those who open it.
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(...lines.map(line => element("p", {}, line)));
  });
  return details;
}

function findings(role) {
  const found = role.findings.map(({ rule, outcome, severity, message, expected, fix }) => {
    const how = outcome === "fail" ? severity : outcome;
    return element("p", {}, element("strong", {}, `${text(rule)} (${how}): `), `${text(message)}. Expected: ${text(expected)}. Fix: ${text(fix)}.`);
  });
  if (!found.length) return "";
  const rules = [...new Set(role.findings.map(finding => text(finding.rule)))];
  return element("details", {}, element("summary", {}, rules.join(", ")), ...found);
}

function row(role) {
  const trusts = role.trusts.map(text).join(", ");
  const used = role.used.map(([action, calls, last]) => `${text(action)}: ${calls ? `${grouped(calls)} calls, last on ${text(last)}` : "shown by launches"}`);
  const assumed = role.assumed_by.map(([by, times]) => `${text(by)} × ${grouped(times)}`).join(", ");
  const about = [text(role.kind), trusts && `trusts ${trusts}`, assumed && `assumed by ${assumed}`].filter(Boolean).join("; ");
  const unseen = role.unseen.flatMap(([because, actions]) => actions.map(action => `${text(action)}: ${text(because)}`));
  return element("tr", {},
    element("td", { class: `short ${role.verdict}` }, role.verdict),
    element("td", {}, text(role.arn), element("p", { class: "dim" }, about)),
    element("td", {}, [text(role.project), text(role.persona)].filter(Boolean).join(", ")),
    element("td", {}, findings(role)),
    ...[used, role.unused.map(text), unseen].map(lines => element("td", { class: "number" }, list(lines))));
}

const haystack = new WeakMap();
function all(role) {
  if (!haystack.has(role)) {
    const numbers = [role.arn, role.project, role.persona, ...role.trusts, ...role.unused, ...role.used.map(([action]) => action), ...role.unseen.flatMap(([, actions]) => actions), ...role.findings.flatMap(finding => [finding.rule, finding.message])];
    haystack.set(role, numbers.map(text).join(" ").toLowerCase());
  }
  return haystack.get(role);
}

function render() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const verdict = byId("verdict").value;
  const found = roles.filter(role => (!verdict || role.verdict === verdict) && words.every(word => all(role).includes(word)));
  byId("roles").tBodies[0].replaceChildren(...found.slice(0, shown).map(row));
  byId("count").textContent = `${grouped(found.length)} of ${grouped(roles.length)} roles`;
  byId("more").hidden = found.length <= shown;
}

for (const id of ["filter", "verdict"]) byId(id).addEventListener("input", () => { shown = PAGE; render(); });
byId("more").addEventListener("click", () => { shown += PAGE; render(); });
window.addEventListener("beforeprint", () => { shown = Infinity; render(); });
head();
render();
