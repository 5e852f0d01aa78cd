<!DOCTYPE html>
<html <?php language_attributes(); ?>>
<head><meta charset="<?php bloginfo( 'charset' ); ?>"><?php wp_head(); ?></head>
<body>
<div class="top">
<ul><li>$ 495.1</li><li>583.72</li></ul>
<span>+3 °C</span><span>Алматы</span><span>2026 Год</span><span>6 Февраля</span>
<ul><?php wp_list_categories( array( 'title_li' => '' ) ); ?></ul>
</div>
