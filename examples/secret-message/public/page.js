// Comforts only: every page works without this file.
'use strict';

const link = document.getElementById('link');
const copy = document.getElementById('copy');
const countdown = document.getElementById('countdown');
const writing = document.querySelector('textarea');

if (copy) {
  copy.hidden = false;
  copy.addEventListener('click', async () => {
    getSelection().selectAllChildren(link);
    try {
      await navigator.clipboard.writeText(link.textContent);
    } catch {
      document.execCommand('copy'); // the clipboard object is there on https and localhost only
    }
    copy.textContent = 'Copied';
    document.getElementById('copied').textContent = 'The link is in your clipboard.';
    setTimeout(() => { copy.textContent = 'Copy link'; }, 2000);
  });
}

if (countdown) {
  const end = performance.now() + countdown.dataset.seconds * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - performance.now()) / 1000));
    countdown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}

if (writing) {
  writing.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) writing.form.requestSubmit();
  });
}
