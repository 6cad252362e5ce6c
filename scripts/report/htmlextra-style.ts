/** What the template's own style needs to be readable: in the dark, in the light, on a phone. */
export const styleFixes = `
.table{color:inherit}
body.theme-dark a:not(.btn){color:#8fc1f3}
.custom-tab{width:auto;min-width:69px}
pre{white-space:pre-wrap;color:inherit}
td.w-45{white-space:normal!important;overflow-wrap:anywhere}
.datatable td{white-space:normal!important;overflow-wrap:anywhere}
@media(max-width:700px){.container{padding:0 4px}.card-body{padding:.6rem}.card-deck,.card-deck .card{width:100%!important}.text-wrap{min-width:0;overflow-wrap:anywhere}.display-1,.display-2{font-size:2.5rem}}
`;
