
const ask = name => fetch('/parts/' + name).then(answer => answer.json());
for (const place of document.querySelectorAll('[data-part]'))
  ask(place.dataset.part).then(part => { place.innerHTML = part.html; });
for (const list of document.querySelectorAll('[data-cards]')) {
  const button = list.nextElementSibling;
  let page = 1;
  const more = () => ask('cards/' + list.dataset.cards + '/' + page++).then(part => {
    list.insertAdjacentHTML('beforeend', part.html);
    if (part.is_last) button.remove();
  });
  button.addEventListener('click', more);
  more();
}
