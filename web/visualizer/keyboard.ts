/** Keys of the whole page; none of them while somebody types or a dialog is open. */

export interface KeyActions {
  readonly [key: string]: () => void;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && target.type !== 'checkbox';
}

/** Space and Enter on a control are that control's. */
function isForControl(event: KeyboardEvent): boolean {
  const isPress = event.key === ' ' || event.key === 'Enter';
  const { target } = event;
  return (
    isPress && target instanceof Element && target.closest('button, a, summary, input') !== null
  );
}

export function listenToKeys(actions: KeyActions): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || isForControl(event)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
}
