/** Style and script of the page. The script only filters and sorts: everything is readable without it. */

export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f5f6f8; --text: #1a1d21; --quiet: #59616b; --line: #d5d9df;
  --taken: #1d4fd7; --rejected: #7a828c; --missed: #b45309; --loss: #b3261e; --span: #1d4fd71f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --panel: #1d2126; --text: #e8eaed; --quiet: #a2abb5; --line: #373d45;
    --taken: #7aa7ff; --rejected: #959ea8; --missed: #f5a54a; --loss: #ff8a80; --span: #7aa7ff2b;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .25rem 0; } .quiet, figcaption { color: var(--quiet); }
.alarm { border-left: .3rem solid var(--loss); padding: .5rem .75rem; background: var(--panel); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; }
.figures div { background: var(--panel); border-radius: .5rem; padding: .6rem .8rem; }
.figures dt { color: var(--quiet); font-size: .85rem; } .figures dd { margin: 0; font-size: 1.1rem; font-weight: 600; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); gap: 1rem; }
figure { margin: 0; background: var(--panel); border-radius: .5rem; padding: .75rem; min-width: 0; }
figcaption { font-size: .9rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--quiet); font-size: 14px; }
.grid { stroke: var(--line); stroke-width: 1; } .zero { stroke: var(--quiet); stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.predicted { stroke: var(--missed); stroke-dasharray: 6 4; } .realised, .difference { stroke: var(--taken); }
rect.taken, rect.lifetime { fill: var(--taken); } rect.rejected { fill: var(--rejected); } rect.missed { fill: var(--missed); }
.span { fill: var(--span); } .mark { stroke-width: 1.5; }
.decided { stroke: var(--text); } .filled { stroke: var(--missed); stroke-dasharray: 3 3; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: .25rem 0; padding: 0; font-size: .9rem; }
.legend svg { display: inline-block; width: 1.6rem; height: .8rem; vertical-align: baseline; margin-right: .35rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--line); }
.scroll th { white-space: nowrap; vertical-align: bottom; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }
.verdict { font-weight: 600; } .verdict.taken { color: var(--taken); } .verdict.missed { color: var(--missed); }
.filters { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: .5rem 0; }
.filters label { display: grid; font-size: .85rem; color: var(--quiet); max-width: 100%; }
select, input { font: inherit; color: var(--text); background: var(--ground); border: 1px solid var(--line); border-radius: .3rem; padding: .3rem; max-width: 100%; }
:is(button, select, input, summary):focus-visible { outline: 2px solid var(--taken); outline-offset: 2px; }
details dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem .75rem; margin: .5rem 0; }
details dt { color: var(--quiet); } details dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; font-variant-numeric: tabular-nums; white-space: nowrap; }
[hidden] { display: none !important; }
@media (max-width: 46rem) {
  svg text { font-size: 19px; }
  #opportunities thead { display: none; }
  #opportunities, #opportunities tbody, #opportunities tr, #opportunities td { display: block; width: 100%; }
  #opportunities tr { background: var(--panel); border-radius: .5rem; margin-bottom: .6rem; padding: .4rem .2rem; }
  #opportunities td { border: 0; padding: .1rem .6rem; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; text-align: right; overflow-wrap: anywhere; }
  #opportunities td::before { content: attr(data-label); color: var(--quiet); text-align: left; }
  #opportunities details { text-align: left; width: 100%; } details dl { grid-template-columns: 1fr; } details dd { margin-bottom: .3rem; }
}
`;

export const SCRIPT = `
'use strict';
const table = document.getElementById('opportunities');
const filters = document.getElementById('filters');
if (table && filters) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const count = document.getElementById('shown');
  const apply = () => {
    const wanted = Object.fromEntries(new FormData(filters));
    const text = wanted.text.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const { verdict, pair, direction, reasons } = row.dataset;
      const fits =
        (!wanted.verdict || wanted.verdict === verdict) &&
        (!wanted.pair || wanted.pair === pair) &&
        (!wanted.direction || wanted.direction === direction) &&
        (!wanted.reason || reasons.split(' ').includes(wanted.reason)) &&
        (!text || row.textContent.toLowerCase().includes(text));
      row.hidden = !fits;
      if (fits) shown++;
    }
    count.textContent = shown + ' of ' + rows.length + ' shown';
  };
  filters.hidden = false;
  filters.addEventListener('input', apply);
  filters.addEventListener('submit', (event) => event.preventDefault());
  apply();
  table.tHead.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (!button) return;
    const column = Number(button.dataset.sort);
    const head = button.parentElement;
    const sign = head.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    const isNumber = column === 0 || head.classList.contains('number');
    const order = (row) => row.cells[column].dataset.order;
    const compare = (a, b) => {
      if (!isNumber) return order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0;
      if (order(a) === '' || order(b) === '') return (order(a) === '') - (order(b) === '');
      return Number(order(a)) - Number(order(b));
    };
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', sign === 1 ? 'ascending' : 'descending');
    body.append(...rows.sort((a, b) => sign * compare(a, b)));
  });
}
const choice = document.getElementById('difference-choice');
if (choice) {
  const figures = Array.from(document.querySelectorAll('.difference-figure'));
  const show = () => {
    for (const figure of figures) figure.hidden = figure.id !== choice.value;
  };
  choice.parentElement.hidden = false;
  choice.addEventListener('input', show);
  show();
}
`;
