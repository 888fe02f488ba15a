// What HTML cannot do alone: modal drawers, focus, menus, and keeping the token where it was typed.
// Every page works without this file; it adds comfort, never meaning.
"use strict";

(() => {
  // htmx turns answers of this server into elements; it may never compile a text into code.
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("htmx", { createHTML: (text) => text, createScript: () => "" })
    : undefined;
  const refuse = () => ({ call: () => { throw new Error("code in attributes is switched off"); } });
  htmx.registerExtension("pendant", {
    init: (api) => api.initSecurity(policy, refuse, refuse),
    // A token leaves the form only with the buttons that say so: Test connection and Save.
    htmx_config_request: (element, { ctx }) => {
      const sender = ctx.request.submitter || element;
      if (!sender.hasAttribute("data-sends-token") && ctx.request.body?.delete) ctx.request.body.delete("token");
    },
  });

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Drawers and dialogs are rendered open, so that they work without script; here they become modal.
  function openModals() {
    for (const dialog of all("dialog[data-modal]")) {
      if (dialog.matches(":modal")) continue;
      dialog.removeAttribute("open");
      dialog.showModal();
    }
  }

  // What a dialog was opened with: a link, or the button of the menu that the link was in.
  let opener;

  function leave(dialog) {
    dialog.close();
    dialog.remove();
    history.pushState({}, "", dialog.dataset.back);
    const back = opener?.isConnected ? opener : document.querySelector("[data-focus-after-close]");
    if (opener?.isConnected || document.activeElement === document.body) back?.focus();
    opener = undefined;
  }

  function focusWhatMatters() {
    const wanted = document.querySelector("[aria-invalid='true'], [data-focus-error]");
    if (wanted) wanted.focus();
  }

  // What a field was told is about what stood in it; the server judges the next text anew.
  function forgetError(field) {
    if (field.getAttribute("aria-invalid") !== "true") return;
    field.removeAttribute("aria-invalid");
    document.getElementById(`error-${field.name}`)?.replaceChildren();
  }

  function clearTokens() {
    for (const field of all("input[type='password']")) field.value = "";
  }

  // Menus: arrow keys, Escape, and a click elsewhere.
  function onMenuKey(event) {
    const menu = event.target.closest("details.menu");
    if (!menu) return;
    const items = all(".menu-item", menu);
    const place = items.indexOf(document.activeElement);
    const steps = { ArrowDown: place + 1, ArrowUp: place < 0 ? items.length - 1 : place - 1, Home: 0, End: items.length - 1 };
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key in steps && (menu.open || event.key.startsWith("Arrow"))) {
      menu.open = true;
      items[(steps[event.key] + items.length) % items.length].focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  function closeMenus(except) {
    for (const menu of all("details.menu[open]")) if (menu !== except) menu.open = false;
  }

  // A hint, not a check: an integration key and a Track secret look alike but for the end.
  function hintAtTokenKind(field) {
    const hint = document.getElementById("token-hint");
    if (hint) hint.hidden = !hint.dataset.unlike || !new RegExp(hint.dataset.unlike).test(field.value.trim());
  }

  function addRow(button) {
    const template = document.getElementById(button.dataset.addRow);
    const row = template.content.firstElementChild.cloneNode(true);
    template.before(row);
    row.querySelector("input").focus();
  }

  async function switchTheme(form, submitter) {
    const theme = submitter.value;
    document.documentElement.dataset.theme = theme;
    submitter.value = theme === "dark" ? "light" : "dark";
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    const menu = target.closest("details.menu");
    closeMenus(target.closest(".menu-item") ? undefined : menu);
    const opening = target.closest("[hx-target='#overlay']");
    if (opening && !opening.closest("dialog")) opener = menu ? menu.querySelector("summary") : opening;
    const dialog = target.closest("dialog:modal");
    // A click beside a form that somebody has begun to fill in is a slip, not a wish to lose it.
    const beside = () => !("touched" in dialog.dataset) && outside(dialog, event);
    if (dialog && (target === dialog ? beside() : target.closest("[data-close]"))) {
      event.preventDefault();
      leave(dialog);
    }
    const add = target.closest("[data-add-row]");
    if (add) addRow(add);
    const remove = target.closest("[data-remove-row]");
    if (remove) remove.closest(".row-pair").remove();
    const dismiss = target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(dismiss.dataset.dismiss).remove();
    const copy = target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).value);
  });

  function outside(dialog, event) {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }

  document.addEventListener("cancel", (event) => {
    if (!event.target.matches("dialog[data-modal]")) return;
    event.preventDefault();
    leave(event.target);
  }, true);

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]")) return;
    event.preventDefault();
    switchTheme(event.target, event.submitter);
  });

  document.addEventListener("keydown", onMenuKey);
  document.addEventListener("input", (event) => {
    if (event.target.name === "token") hintAtTokenKind(event.target);
    forgetError(event.target);
    const dialog = event.target.closest("dialog");
    if (dialog) dialog.dataset.touched = "";
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail.ctx?.target;
    if (target?.id === "report") target.scrollIntoView({ block: "nearest" });
    openModals();
    // Whoever turned the view is where they want to be.
    if (target?.id !== "panel-settings") focusWhatMatters();
    const token = document.getElementById("field-token");
    if (token) hintAtTokenKind(token);
  });
  window.addEventListener("pagehide", clearTokens);
  window.addEventListener("pageshow", (event) => { if (event.persisted) clearTokens(); });
  document.addEventListener("DOMContentLoaded", () => {
    openModals();
    focusWhatMatters();
    // What was done is said once; a reload must not repeat it.
    if (new URLSearchParams(location.search).has("done")) history.replaceState({}, "", location.pathname);
  });
})();
